# Made of the sources: UPDATE_SCHEMAS=1 cargo test -p cuulong-wording
portal-needed = `{ $name }` or `datastream` is needed
portal-not-a-day = `{ $text }` is not a day
