//! What the readers of requests say: the sentences of the grammars, word by word, with blanks for what they repeat.

use crate::{Phrase, phrase};

/// Every sentence; a test holds that the grammars say no other.
pub(super) const KNOWN: &[Phrase] = &[
    phrase!("standards-it-is-longer-than-most-bytes", "it is longer than {most} bytes"),
    phrase!("standards-this-is-no-json-error", "this is no JSON: {error}"),
    phrase!("standards-this-is-no-number", "this is no number"),
    phrase!("standards-null-is-no-value-write-op-isnull", "null is no value: write {\"op\": \"isNull\", …}"),
    phrase!("standards-a-bbox-is-a-list-of-four-numbers", "a bbox is a list of four numbers"),
    phrase!(
        "standards-an-object-is-a-property-an-operation-a-time",
        "an object is a property, an operation, a time or a geometry"
    ),
    phrase!("standards-name-is-no-operation-here", "`{name}` is no operation here"),
    phrase!("standards-name-has-no-list-args", "`{name}` has no list `args`"),
    phrase!("standards-in-takes-a-value-and-a-list", "`in` takes a value and a list"),
    phrase!("standards-a-quotation-mark-is-not-closed", "a quotation mark is not closed"),
    phrase!("standards-this-sign-is-none-of-the-language", "this sign is none of the language"),
    phrase!(
        "standards-this-is-a-value-and-nothing-that-holds-or",
        "this is a value, and nothing that holds or does not"
    ),
    phrase!("standards-compare-it-e-g-title-a", "compare it, e.g. `title = 'a'`"),
    phrase!("standards-it-is-nested-deeper-than-most", "it is nested deeper than {most}"),
    phrase!("standards-it-has-more-than-most-parts", "it has more than {most} parts"),
    phrase!(
        "standards-its-geometries-have-more-than-most-positions",
        "its geometries have more than {most} positions"
    ),
    phrase!(
        "standards-a-geometry-crosses-itself-or-a-hole-lies-outside",
        "a geometry crosses itself, or a hole lies outside"
    ),
    phrase!("standards-text-is-no-instant-or-day", "`{text}` is no instant or day"),
    phrase!(
        "standards-the-interval-ends-at-to-before-it-begins-at",
        "the interval ends at `{to}` before it begins at `{from}`"
    ),
    phrase!("standards-it-has-no-type", "it has no `type`"),
    phrase!("standards-text-is-no-kind-of-geometry-here", "`{text}` is no kind of geometry here"),
    phrase!("standards-a-list-of-coordinates-is-expected", "a list of coordinates is expected"),
    phrase!("standards-a-list-of-coordinates-is-empty", "a list of coordinates is empty"),
    phrase!("standards-it-has-more-than-most-positions", "it has more than {most} positions"),
    phrase!(
        "standards-longitudes-are-180-to-180-latitudes-90-to-90",
        "longitudes are -180 to 180, latitudes -90 to 90"
    ),
    phrase!("standards-a-position-is-a-list-of-two-numbers", "a position is a list of two numbers"),
    phrase!(
        "standards-a-line-of-least-positions-or-more-is-expected",
        "a line of {least} positions or more is expected"
    ),
    phrase!("standards-a-ring-ends-where-it-begins", "a ring ends where it begins"),
    phrase!("standards-its-brackets-are-nested-too-deep", "its brackets are nested too deep"),
    phrase!("standards-text-is-no-geometry", "`{text}` is no geometry"),
    phrase!(
        "standards-longitudes-are-180-to-180-latitudes-90-to-90-2",
        "longitudes are -180 to 180, latitudes -90 to 90, and south ≤ north"
    ),
    phrase!(
        "standards-its-first-corner-is-not-below-and-left-of",
        "its first corner is not below and left of its second"
    ),
    phrase!(
        "standards-it-lies-outside-of-the-coordinate-system-s-area",
        "it lies outside of the coordinate system's area"
    ),
    phrase!("standards-a-connecting-word-is-missing-here", "a connecting word is missing here"),
    phrase!("standards-sign-is-missing", "`{sign}` is missing"),
    phrase!("standards-null-is-missing-after-is", "`NULL` is missing after `IS`"),
    phrase!("standards-and-is-missing-write-between-a-and-b", "`AND` is missing: write `BETWEEN a AND b`"),
    phrase!(
        "standards-like-between-or-in-is-missing-after-not",
        "`LIKE`, `BETWEEN` or `IN` is missing after `NOT`"
    ),
    phrase!("standards-a-value-is-missing-here", "a value is missing here"),
    phrase!("standards-text-stands-where-a-value-is-expected", "`{text}` stands where a value is expected"),
    phrase!("standards-bbox-takes-four-numbers", "BBOX takes four numbers"),
    phrase!(
        "standards-name-takes-texts-e-g-timestamp-2020-02-01t00",
        "`{name}` takes texts, e.g. TIMESTAMP('2020-02-01T00:00:00Z')"
    ),
    phrase!("standards-name-is-no-function-here", "`{name}` is no function here"),
    phrase!("standards-name-takes-count-arguments", "`{name}` takes {count} arguments"),
    phrase!(
        "standards-the-brackets-of-a-geometry-are-not-closed",
        "the brackets of a geometry are not closed"
    ),
    phrase!("standards-it-is-too-large-for-flatgeobuf", "it is too large for FlatGeobuf"),
    phrase!("standards-take-another-format", "take another format"),
    phrase!(
        "standards-write-longitude-and-latitude-point-105-78-10-03",
        "write longitude and latitude: `POINT(105.78 10.03)`"
    ),
    phrase!(
        "standards-write-a-line-linestring-105-1-10-5-105",
        "write a line: `LINESTRING(105.1 10.5, 105.8 10.0)`"
    ),
    phrase!(
        "standards-write-an-area-whose-ring-closes-polygon-105-10",
        "write an area whose ring closes: `POLYGON((105 10, 106 10, 106 11, 105 10))`"
    ),
    phrase!("standards-text-is-not-wanted-in-well-known-text", "`{text}` is not {wanted} in well-known text"),
    phrase!("standards-a-point", "a point"),
    phrase!("standards-a-line", "a line"),
    phrase!("standards-an-area", "an area"),
    phrase!("standards-the-text-goes-on-behind-the-last-bracket", "the text goes on behind the last bracket"),
    phrase!("standards-a-line-has-two-vertices-at-least", "a line has two vertices at least"),
    phrase!("standards-a-bracket-does-not-open", "a bracket does not open"),
    phrase!("standards-the-brackets-do-not-close", "the brackets do not close"),
    phrase!(
        "standards-a-ring-does-not-come-back-to-its-first",
        "a ring does not come back to its first vertex"
    ),
    phrase!("standards-there-are-more-than-most-vertices", "there are more than {most} vertices"),
    phrase!("standards-a-vertex-has-more-than-four-numbers", "a vertex has more than four numbers"),
    phrase!(
        "standards-a-vertex-has-wanted-with-a-blank-between-them",
        "a vertex has {wanted} with a blank between them"
    ),
    phrase!("standards-two-numbers", "two numbers"),
    phrase!("standards-three-numbers", "three numbers"),
    phrase!("standards-four-numbers", "four numbers"),
    phrase!(
        "standards-write-a-length-above-zero-e-g-10-and",
        "write a length above zero, e.g. `10` and `km`"
    ),
    phrase!("standards-text-is-not-a-unit-of-length-here", "`{text}` is not a unit of length here"),
    phrase!("standards-write-m-km-mi-nmi-or-ft", "write `m`, `km`, `mi`, `nmi` or `ft`"),
    phrase!("standards-text-is-not-a-length", "`{text}` is not a length"),
    phrase!("standards-text-is-not-a-number", "`{text}` is not a number"),
    phrase!("standards-it-has-more-than-100-names", "it has more than 100 names"),
    phrase!("standards-a-name-in-the-list-is-empty", "a name in the list is empty"),
    phrase!("standards-a-path-has-at-most-8-names", "a path has at most 8 names"),
    phrase!("standards-a-text-between-single-quotes", "a text between single quotes"),
    phrase!("standards-a-quote-is-not-closed", "a quote is not closed"),
    phrase!("standards-text-is-neither-a-number-nor-a-time", "`{text}` is neither a number nor a time"),
    phrase!(
        "standards-write-a-time-as-2020-02-03t07-00-00z",
        "write a time as `2020-02-03T07:00:00Z`, without quotes"
    ),
    phrase!(
        "standards-write-well-known-text-geography-point-105-5-10",
        "write well-known text: `geography'POINT(105.5 10.2)'`"
    ),
    phrase!("standards-text-is-no-span-of-time", "`{text}` is no span of time"),
    phrase!(
        "standards-write-days-hours-minutes-and-seconds-duration-p1dt2h30m",
        "write days, hours, minutes and seconds: `duration'P1DT2H30M'`"
    ),
    phrase!("standards-there-are-no-values-of-the-kind-name", "there are no values of the kind `{name}`"),
    phrase!("standards-write-geography-or-duration", "write `geography'…'` or `duration'…'`"),
    phrase!("standards-what-is-missing-at-the-end", "{what} is missing at the end"),
    phrase!("standards-text-stands-where-what-should", "`{text}` stands where {what} should"),
    phrase!("standards-and-or-or-the-end", "`and`, `or` or the end"),
    phrase!("standards-it-is-a-value-not-a-condition", "it is a value, not a condition"),
    phrase!("standards-compare-it-result-gt-4", "compare it: `result gt 4`"),
    phrase!(
        "standards-more-than-200-conditions-are-joined-by-word",
        "more than 200 conditions are joined by `{word}`"
    ),
    phrase!("standards-word-joins-conditions-not-values", "`{word}` joins conditions, not values"),
    phrase!(
        "standards-times-are-written-without-quotes-2020-02-03t07-00",
        "times are written without quotes: `2020-02-03T07:00:00Z`"
    ),
    phrase!("standards-numbers-are-written-without-quotes", "numbers are written without quotes"),
    phrase!("standards-both-sides-must-be-of-one-kind", "both sides must be of one kind"),
    phrase!("standards-word-compares-left-with-right", "`{word}` compares {left} with {right}"),
    phrase!("standards-the-sum-or-product-is-too-long", "the sum or product is too long"),
    phrase!("standards-word-takes-numbers", "`{word}` takes numbers"),
    phrase!(
        "standards-or-a-time-and-a-span-now-sub-duration",
        "or a time and a span: `now() sub duration'PT1H'`"
    ),
    phrase!("standards-not-takes-a-condition", "`not` takes a condition"),
    phrase!(
        "standards-put-it-between-brackets-not-result-gt-4",
        "put it between brackets: `not (result gt 4)`"
    ),
    phrase!("standards-a-property-a-function-or-a-value", "a property, a function or a value"),
    phrase!("standards-there-is-no-function-name-here", "there is no function `{name}` here"),
    phrase!("standards-there-are-names", "there are {names}"),
    phrase!("standards-name-takes-what-here", "`{name}` takes {what} here"),
    phrase!("standards-it-is-no-pattern-of-de-9im", "it is no pattern of DE-9IM"),
    phrase!("standards-write-nine-of-tf012-t-f-f", "write nine of `TF012*`: `'T*F**F***'`"),
    phrase!("standards-it-is-no-value", "it is no value"),
    phrase!("standards-there-are-too-many-values", "there are too many values"),
    phrase!("standards-a-text", "a text"),
    phrase!("standards-a-number", "a number"),
    phrase!("standards-a-condition", "a condition"),
    phrase!("standards-a-time", "a time"),
    phrase!("standards-a-day", "a day"),
    phrase!("standards-a-time-of-the-day", "a time of the day"),
    phrase!("standards-a-span-of-time", "a span of time"),
    phrase!("standards-a-geometry", "a geometry"),
    phrase!("standards-a-value", "a value"),
    phrase!("standards-name-has-nothing-below-it", "`{name}` has nothing below it"),
    phrase!("standards-compare-name-itself", "compare `{name}` itself"),
    phrase!("standards-there-is-no-property-name-of-set", "there is no property `{name}` of {set}"),
    phrase!("standards-set-have-names", "{set} have {names}"),
    phrase!(
        "standards-only-sets-of-observations-have-other-forms",
        "only sets of observations have other forms"
    ),
    phrase!("standards-it-is-given-twice", "it is given twice"),
    phrase!(
        "standards-one-entity-is-asked-for-this-option-is-for",
        "one entity is asked for; this option is for sets"
    ),
    phrase!("standards-select-and-expand-work-for-one-entity", "$select and $expand work for one entity"),
    phrase!("standards-the-end", "the end"),
    phrase!("standards-it-is-no-place-in-this-order", "it is no place in this order"),
    phrase!(
        "standards-follow-iot-nextlink-as-it-is-or-leave-skiptoken",
        "follow `@iot.nextLink` as it is, or leave `$skiptoken` out"
    ),
    phrase!(
        "standards-a-row-of-an-array-has-no-room-for",
        "a row of an array has no room for other entities"
    ),
    phrase!(
        "standards-leave-out-either-expand-or-resultformat",
        "leave out either `$expand` or `$resultFormat`"
    ),
    phrase!("standards-a-whole-number", "a whole number"),
    phrase!("standards-there-is-no-such-option-here", "there is no such option here"),
    phrase!("standards-a-set-of-values-has-no-order", "a set of values has no order"),
    phrase!("standards-order-by-a-property-of-the-entity", "order by a property of the entity"),
    phrase!("standards-an-order-has-at-most-8-keys", "an order has at most 8 keys"),
    phrase!(
        "standards-name-is-expanded-twice-with-different-options",
        "`{name}` is expanded twice with different options"
    ),
    phrase!("standards-it-expands-deeper-than-most", "it expands deeper than {most}"),
    phrase!("standards-there-is-no-relation-name-of-set", "there is no relation `{name}` of {set}"),
    phrase!("standards-an-option", "an option"),
    phrase!("standards-name-is-given-twice", "`{name}` is given twice"),
    phrase!("standards-there-is-no-option-name-here", "there is no option `{name}` here"),
    phrase!("standards-one-is-one-entity-name-is-for-sets", "`{one}` is one entity; `{name}` is for sets"),
    phrase!("standards-the-name-of-a-set", "the name of a set"),
    phrase!("standards-there-is-no-set-name", "there is no set `{name}`"),
    phrase!("standards-a-relation-a-property-or-ref", "a relation, a property or `$ref`"),
    phrase!("standards-name-follows-a-set", "`{name}` follows a set"),
    phrase!("standards-name-one-of-the-set-by-its-id-name", "name one of the set by its id: `{name}({id})`"),
    phrase!("standards-a-path-has-at-most-8-steps", "a path has at most 8 steps"),
    phrase!("standards-the-end-of-the-path", "the end of the path"),
    phrase!("standards-name-is-one-entity-and-takes-no-id", "`{name}` is one entity and takes no id"),
    phrase!("standards-an-id-between-single-quotes", "an id between single quotes"),
    phrase!("standards-write-name-id", "write `{name}({id})`"),
    phrase!("standards-name-has-no-path-of-its-own", "`{name}` has no path of its own"),
    phrase!("standards-ask-for-the-entity", "ask for the entity"),
    phrase!("standards-a-property-or-value", "a property or `$value`"),
    phrase!("standards-it-is-nested-too-deep", "it is nested too deep"),
    phrase!("standards-it-is-no-wkt-error", "it is no WKT: {error}"),
    phrase!("standards-it-has-more-than-most-corners", "it has more than {most} corners"),
    phrase!("standards-it-is-empty", "it is empty"),
    phrase!(
        "standards-its-coordinates-are-not-degrees-write-the-longitude-first",
        "its coordinates are not degrees: write the longitude first"
    ),
    phrase!("standards-an-object-is-expected", "an object is expected"),
    phrase!("standards-name-is-a-list-of-texts", "`{name}` is a list of texts"),
    phrase!("standards-more-than-most-parts-are-named", "more than {most} parts are named"),
    phrase!(
        "standards-text-is-no-instant-or-range-of-instants",
        "`{text}` is no instant or range of instants"
    ),
    phrase!(
        "standards-this-is-no-token-of-ours-start-again-without",
        "this is no token of ours: start again without it"
    ),
    phrase!("standards-name-is-no-parameter-of-this-resource", "`{name}` is no parameter of this resource"),
    phrase!("standards-leave-it-out", "leave it out"),
    phrase!("standards-text-is-no-whole-number", "`{text}` is no whole number"),
    phrase!("standards-name-is-no-member-of-this-request", "`{name}` is no member of this request"),
    phrase!("standards-name-is-a-text", "`{name}` is a text"),
    phrase!("standards-give-either-bbox-or-intersects", "give either `bbox` or `intersects`"),
    phrase!(
        "standards-this-token-is-of-another-order-start-again-without",
        "this token is of another order: start again without it"
    ),
    phrase!("standards-text-is-not-offered", "`{text}` is not offered"),
    phrase!("standards-text-is-no-language-of-filters-here", "`{text}` is no language of filters here"),
    phrase!("standards-write-cql2-text-or-cql2-json", "write cql2-text or cql2-json"),
    phrase!("standards-with-cql2-text-a-text-is-expected", "with `cql2-text` a text is expected"),
    phrase!("standards-name-has-no-conditions", "`{name}` has no conditions"),
    phrase!("standards-there-are-more-than-100-conditions", "there are more than 100 conditions"),
    phrase!(
        "standards-name-of-property-takes-a-text-a-number-or",
        "`{name}` of `{property}` takes a text, a number or a truth value"
    ),
    phrase!("standards-name-takes-a-text", "`{name}` takes a text"),
    phrase!("standards-in-takes-a-list", "`in` takes a list"),
    phrase!("standards-text-is-no-condition-here", "`{text}` is no condition here"),
    phrase!("standards-more-than-most-are-named", "more than {most} are named"),
    phrase!(
        "standards-write-four-numbers-west-south-east-north",
        "write four numbers, `west,south,east,north`"
    ),
    phrase!(
        "standards-a-list-of-field-direction-asc-or-desc-is",
        "a list of {\"field\": …, \"direction\": \"asc\" or \"desc\"} is expected"
    ),
    phrase!("standards-more-than-most-keys-are-named", "more than {most} keys are named"),
    phrase!("standards-a-thousand-values-of-a-column-at-most", "a thousand values of a column at most"),
    phrase!(
        "standards-values-are-texts-numbers-true-false-or-null",
        "values are texts, numbers, true, false or null"
    ),
    phrase!("standards-must-be-one-of-objects-lists-csv-tsv", "must be one of objects, lists, csv, tsv"),
    phrase!("standards-a-text-is-expected-words-to-search-for", "a text is expected: words to search for"),
    phrase!("standards-text-is-no-column-of-this-table", "`{text}` is no column of this table"),
    phrase!("standards-write-column-asc-or-column-desc", "write `column asc` or `column desc`"),
    phrase!("standards-text-is-no-kind-of-name", "`{text}` is no {kind} of `{name}`"),
    phrase!("standards-this-is-no-text", "this is no text"),
    phrase!("standards-missing-value", "Missing value"),
    phrase!("standards-must-be-a-natural-number", "Must be a natural number"),
    phrase!("standards-write-true-or-false", "write true or false"),
    phrase!("standards-a-list-of-texts-is-expected", "a list of texts is expected"),
    phrase!("standards-this-is-no-json-list", "this is no JSON list"),
    phrase!("standards-cannot-parse-json", "Cannot parse JSON"),
    phrase!("standards-a-json-object-is-expected", "a JSON object is expected"),
    phrase!(
        "standards-text-is-not-counted-organization-groups-access-kind-are",
        "`{text}` is not counted: organization, groups, access, kind are"
    ),
    phrase!("standards-the-query-is-longer-than-8-kib", "the query is longer than 8 KiB"),
    phrase!(
        "standards-text-is-not-offered-conditions-are-joined-by-and",
        "`{text}` is not offered: conditions are joined by AND"
    ),
    phrase!("standards-text-is-no-field-of-packages-here", "`{text}` is no field of packages here"),
    phrase!("standards-text-cannot-be-two-things-at-once", "`{text}` cannot be two things at once"),
    phrase!("standards-a-number-is-expected-1-is-all", "a number is expected; -1 is all"),
    phrase!("standards-text-is-no-order", "`{text}` is no order"),
    phrase!("standards-text-is-no-field-to-order-by", "`{text}` is no field to order by"),
    phrase!("standards-text-is-no-format-here-write-names", "`{text}` is no format here: write {names}"),
    phrase!("standards-verb-is-missing", "`verb` is missing"),
    phrase!("standards-text-is-no-verb", "`{text}` is no verb"),
    phrase!("standards-text-is-no-argument-of-verb", "`{text}` is no argument of {verb}"),
    phrase!("standards-all-sets-are-on-the-first-page", "all sets are on the first page"),
    phrase!("standards-resumptiontoken-stands-alone", "`resumptionToken` stands alone"),
    phrase!(
        "standards-from-and-until-are-of-different-granularity",
        "`from` and `until` are of different granularity"
    ),
    phrase!("standards-from-is-after-until", "`from` is after `until`"),
    phrase!(
        "standards-text-is-no-name-write-yyyy-mm-dd-or",
        "`{text}` is no `{name}`: write YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ"
    ),
    phrase!("standards-this-is-no-token-of-ours-or-it-was", "this is no token of ours, or it was cut off"),
    phrase!("standards-text-is-no-record-here", "`{text}` is no record here"),
    phrase!("standards-no-record-matches", "no record matches"),
    phrase!("standards-invalid-integer", "Invalid integer"),
    phrase!(
        "standards-a-version-is-of-one-resource-give-as-known",
        "a version is of one resource: give as_known_at"
    ),
    phrase!(
        "standards-a-version-is-of-one-dataset-give-as-known",
        "a version is of one dataset: give as_known_at"
    ),
    phrase!("standards-a-comparison-eq-ne-gt-ge-lt-le", "a comparison (`eq`, `ne`, `gt`, `ge`, `lt`, `le`)"),
    phrase!("standards-true-or-false", "`true` or `false`"),
    phrase!("standards-a-property", "a property"),
    phrase!("standards-a-relation", "a relation"),
    phrase!(
        "standards-write-rfc-3339-e-g-2020-02-01t00-00",
        "write RFC 3339, e.g. 2020-02-01T00:00:00Z or 2020-02-01T00:00:00Z/.."
    ),
    phrase!("standards-an-interval-is-a-list-of-its-two-ends", "an interval is a list of its two ends"),
    phrase!(
        "standards-an-interval-has-two-ends-texts-times-or-properties",
        "an interval has two ends: texts, times or properties"
    ),
    phrase!("standards-takes-a-number", "`-` takes a number"),
    phrase!("standards-name-is-of-another-entity", "`{name}` is of another entity"),
    phrase!("standards-expand-it-expand-name-select", "expand it: `$expand={name}($select=…)`"),
    phrase!("standards-select-name-itself", "select `{name}` itself"),
];
