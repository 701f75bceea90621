# Problems in Khmer. Translated from the English with the words of the glossary in ARCHITECTURE.md; no
# speaker of Khmer has reviewed them yet. `confidence` says how sure each group is: `high` for short,
# everyday sentences, `medium` where a technical word was chosen among several. A message that is not
# here is read in Vietnamese, whole.

# confidence: high
problem-unreviewed = ការបកប្រែជាភាសាខ្មែរនេះមិនទាន់បានពិនិត្យដោយអ្នកនិយាយភាសាខ្មែរនៅឡើយទេ។
problem-what-to-do = អ្វីដែលត្រូវធ្វើ

# confidence: medium
problem-invalid-parameter = ប៉ារ៉ាម៉ែត្រមិនត្រឹមត្រូវ
problem-invalid-parameter-meaning = ប៉ារ៉ាម៉ែត្រមួយនៅក្នុងអាសយដ្ឋានមានតម្លៃដែលអានមិនបាន ឬនៅក្រៅដែនកំណត់។
problem-invalid-parameter-advice = សូមកែប៉ារ៉ាម៉ែត្រដែលមានឈ្មោះនៅក្នុង "at" រួចផ្ញើសំណើម្ដងទៀត។

# confidence: medium
problem-unknown-parameter = មិនស្គាល់ប៉ារ៉ាម៉ែត្រ
problem-unknown-parameter-meaning = អាសយដ្ឋានមានប៉ារ៉ាម៉ែត្រមួយដែលធនធាននេះមិនប្រើ ប្រហែលជាសរសេរខុស។
problem-unknown-parameter-advice = សូមដកវាចេញ ឬមើល /v1/openapi.json សម្រាប់ប៉ារ៉ាម៉ែត្រដែលអាចប្រើបាន។

# confidence: medium
problem-invalid-body = អានខ្លឹមសារដែលបានផ្ញើមិនបាន
problem-invalid-body-meaning = អ្វីដែលបានផ្ញើមិនមានទម្រង់ដែលត្រូវការ ខ្វះចំណុចណាមួយ ឬដាច់នៅតាមផ្លូវ។
problem-invalid-body-advice = សូមកែខ្លឹមសារតាមដែល /v1/openapi.json ពិពណ៌នា រួចផ្ញើម្ដងទៀត។
problem-body-not-json = ខ្លឹមសារត្រូវតែជា JSON៖ សូមដាក់ "Content-Type: application/json"

# confidence: high
problem-sign-in-required = ត្រូវការគណនី
problem-sign-in-required-meaning = មានតែអ្នកដែលមានគណនីទេ ទើបអាចមើល ឬធ្វើការនេះបាន។
problem-sign-in-required-advice = សូមចូលគណនីនៅ /sign-in ឬផ្ញើសោ API ក្នុង "Authorization: Bearer …"។

# confidence: medium
problem-invalid-credentials = សោ ឬការចូលប្រើ មិនត្រឹមត្រូវ ឬផុតកំណត់
problem-invalid-credentials-meaning = សោ API ឬការចូលប្រើបានផុតកំណត់ ត្រូវបានដកហូត ឬសរសេរខុស។
problem-invalid-credentials-advice = សូមចូលគណនីម្ដងទៀត ឬសុំសោថ្មីពីអ្នកគ្រប់គ្រង។

# confidence: high
problem-not-allowed = មិនអនុញ្ញាត
problem-not-allowed-meaning = គណនីត្រឹមត្រូវ ប៉ុន្តែគ្មានសិទ្ធិធ្វើការនេះទេ។
problem-not-allowed-advice = សូមសុំសិទ្ធិពីស្ថាប័នដែលជាម្ចាស់សំណុំទិន្នន័យ។
problem-cross-site = សំណើនេះមកពីទំព័ររបស់គេហទំព័រផ្សេង

# confidence: medium
problem-key-scope = សោដែលប្រើ មានសិទ្ធិមិនគ្រប់គ្រាន់
problem-key-scope-meaning = គណនីមានសិទ្ធិ ប៉ុន្តែសោដែលកំពុងប្រើត្រូវបានផ្ដល់សិទ្ធិតិចជាង។
problem-key-scope-advice = សូមប្រើសោដែលមានសិទ្ធិធំជាង (read, write, admin)។

# confidence: high
problem-not-found = រកមិនឃើញ
problem-not-found-meaning = គ្មានអ្វីនៅអាសយដ្ឋាននេះ ឬអ្នកមិនត្រូវបានអនុញ្ញាតឱ្យដឹងអំពីវាទេ ចម្លើយគឺដូចគ្នាក្នុងករណីទាំងពីរ។
problem-not-found-advice = សូមពិនិត្យឈ្មោះម្ដងទៀត /v1/datasets បង្ហាញសំណុំទិន្នន័យដែលអ្នកអាចដឹង។
problem-not-found-detail = គ្មាន `{ $what }` ឬអ្នកមិនត្រូវបានអនុញ្ញាតឱ្យដឹងអំពីវាទេ

# confidence: medium
problem-gone = កំណែនេះមិនត្រូវបានរក្សាទុកទៀតទេ
problem-gone-meaning = សំណុំទិន្នន័យរក្សាប្រវត្តិរបស់វាតែក្នុងរយៈពេលដែលបានសន្យា ហើយកំណែនេះចាស់ជាងនោះ ឯកសាររបស់វាត្រូវបានលុប។
problem-gone-advice = សូមអានកំណែក្រោយ /v1/datasets/DATASET/versions បង្ហាញកំណែទាំងនោះ។

# confidence: medium
problem-cursor-gone = មិនអាចអានបន្តពីទីតាំងនេះបានទេ
problem-cursor-gone-meaning = បញ្ជីការផ្លាស់ប្ដូរគ្មានការបន្តពីទីតាំងដែលបានបញ្ជាក់ទេ ការផ្លាស់ប្ដូរក្រោយវាមិនត្រូវបានរក្សាទុកទៀត ឬកាតាឡុកត្រូវបានស្ដារឡើងវិញ។
problem-cursor-gone-advice = សូមចាប់ផ្ដើមឡើងវិញ៖ អានកំណែថ្មីបំផុត (/v1/datasets) រួចអាន /v1/changes?since=now ហើយរក្សាទុក cursor ដែលវាផ្ដល់។

# confidence: high
problem-method-not-allowed = មិនអាចប្រើវិធីនេះនៅទីនេះបានទេ
problem-method-not-allowed-meaning = អាសយដ្ឋាននេះមាន ប៉ុន្តែមិនទទួលវិធី HTTP នេះទេ។
problem-method-not-allowed-advice = សូមមើល "Allow" ឬ /v1/openapi.json។

# confidence: medium
problem-not-supported = មិនអាចរក្សាទុកអ្វីនេះនៅទីនេះបានទេ
problem-not-supported-meaning = ពិធីការមានកន្លែងសម្រាប់អ្វីនេះ ប៉ុន្តែប្រព័ន្ធនេះគ្មានទេ វានឹងបាត់ ឬត្រូវបាននិយាយខុស។
problem-not-supported-advice = សូមធ្វើតាមអ្វីដែលសេចក្ដីលម្អិតប្រាប់ជំនួសវិញ។

# confidence: high
problem-not-acceptable = មិនអាចបង្កើតទម្រង់ដែលបានស្នើសុំទេ
problem-not-acceptable-meaning = ប្រព័ន្ធមិនអាចបង្កើតទម្រង់ណាមួយដែលបានស្នើសុំបានទេ។
problem-not-acceptable-advice = សូមជ្រើសទម្រង់ផ្សេងដោយប៉ារ៉ាម៉ែត្រ f ឬ "Accept"។
problem-file-format-advice = សូមជ្រើសដោយប៉ារ៉ាម៉ែត្រ "format" នូវទម្រង់ដែលមានក្នុងសេចក្ដីលម្អិត /v1/datasets/DATASET/data/estimate ប្រាប់ថាឯកសារនឹងធំប៉ុនណា។

# confidence: medium
problem-conflict = ផ្ទុយនឹងសភាពបច្ចុប្បន្ន
problem-conflict-meaning = អ្វីដែលត្រូវបង្កើតមានរួចហើយ ឬបានផ្លាស់ប្ដូរតាំងពីពេលដែលវាត្រូវបានអាន។
problem-conflict-advice = សូមអានសភាពបច្ចុប្បន្នម្ដងទៀត រួចសម្រេចចិត្ត។

# confidence: high
problem-changed = វាបានផ្លាស់ប្ដូរតាំងពីពេលដែលវាត្រូវបានអាន
problem-changed-meaning = សំណើនេះធ្វើឡើងសម្រាប់សភាពផ្សេង (If-Match) ពីសភាពបច្ចុប្បន្ន។
problem-changed-advice = សូមអានវាម្ដងទៀត រួចផ្ញើការផ្លាស់ប្ដូរជាមួយ ETag ថ្មី។

# confidence: medium
problem-protocol-version = មិនប្រើកំណែពិធីការនេះនៅទីនេះទេ
problem-protocol-version-meaning = ពិធីការតម្រូវឱ្យសំណើនីមួយៗបញ្ជាក់កំណែរបស់វា សំណើនេះមិនបានបញ្ជាក់ ឬបញ្ជាក់កំណែផ្សេង។
problem-protocol-version-advice = សូមដាក់អ្វីដែលសេចក្ដីលម្អិតប្រាប់។
problem-tus-version = ត្រូវការ "Tus-Resumable: { $version }"

# confidence: medium
problem-media-type = មិនទទួលប្រភេទខ្លឹមសារនេះនៅទីនេះទេ
problem-media-type-meaning = អ្វីដែលបានផ្ញើមានប្រភេទ ("Content-Type") ដែលអាសយដ្ឋាននេះមិនទទួល។
problem-media-type-advice = សូមដាក់ "Content-Type" តាមដែល /v1/openapi.json បញ្ជាក់សម្រាប់អាសយដ្ឋាននេះ។
problem-tus-piece = ផ្នែកនីមួយៗត្រូវផ្ញើជា "{ $type }"

# confidence: high
problem-too-large = ខ្លឹមសារធំពេក
problem-too-large-meaning = ឯកសារ ឬខ្លឹមសារធំជាងអ្វីដែលប្រព័ន្ធទទួល។
problem-too-large-advice = សូមផ្ញើឯកសារជាផ្នែកតូចៗ ឬសុំឱ្យអ្នកគ្រប់គ្រងបង្កើនដែនកំណត់។
problem-too-slow = សំណើមកដល់យឺតពេក
problem-too-slow-meaning = ខ្លឹមសារនៃសំណើមិនបានមកដល់ ឬមកដល់តិចតួចណាស់មួយរយៈ អ្វីដែលបានទទួលកាន់កន្លែងដែលអ្នកដទៃត្រូវការ។
problem-too-slow-advice = សូមផ្ញើម្ដងទៀតតាមការតភ្ជាប់ល្អជាង។ ឯកសារដែលផ្ញើជាផ្នែកៗនឹងបន្តពីកន្លែងដែលបានឈប់។

# confidence: high
problem-invalid-file = អានឯកសារមិនបាន
problem-invalid-file-meaning = ឯកសារខូច ទទេ មានកូដអក្សរផ្សេង ឬមិនមែនជាទម្រង់ដែលប្រព័ន្ធអានបាន។
problem-invalid-file-advice = សូមបើកឯកសារ កែកន្លែងដែលបានបញ្ជាក់ រួចផ្ញើម្ដងទៀត គ្មានអ្វីត្រូវបានសរសេរទៅក្នុងសំណុំទិន្នន័យទេ។

# confidence: medium
problem-invalid-mapping = ការកំណត់ជួរឈរមិនត្រូវនឹងឯកសារ
problem-invalid-mapping-meaning = ការពិពណ៌នាអំពីរបៀបអានឯកសារ (mapping) មានកំហុស មិនត្រូវនឹងជួរឈរ ឬមិនអាចទាយបាន។
problem-invalid-mapping-advice = សូមកែ mapping នៅកន្លែងដែលបានបញ្ជាក់ រួចផ្ញើឯកសារម្ដងទៀត គ្មានអ្វីត្រូវបានសរសេរទៅក្នុងសំណុំទិន្នន័យទេ។

# confidence: high
problem-refused-observations = ការសង្កេតត្រូវបានបដិសេធ
problem-refused-observations-meaning = គ្មានការសង្កេតណាមួយដែលបានផ្ញើអាចរក្សាទុកបានទេ គ្មានអ្វីត្រូវបានសរសេរ។
problem-refused-observations-advice = សូមអានមូលហេតុនីមួយៗ កែវា រួចផ្ញើម្ដងទៀត។

# confidence: medium
problem-invalid-query = សំណួរមិនត្រឹមត្រូវ
problem-invalid-query-meaning = SQL មានកំហុស ប្រើតារាង ឬជួរឈរដែលគ្មាន ឬមិនមែនជា SELECT។
problem-invalid-query-advice = សូមកែកន្លែងដែលបានបញ្ជាក់ SELECT * FROM dataset បង្ហាញតារាងទាំងអស់។

# confidence: medium
problem-query-limit = សំណួរដល់ដែនកំណត់
problem-query-limit-meaning = សំណួរត្រូវការពេលវេលា អង្គចងចាំ ឬជួរ ច្រើនជាងអ្វីដែលសំណើមួយត្រូវបានផ្ដល់។
problem-query-limit-advice = សូមបន្ថែមលក្ខខណ្ឌអំពីទីកន្លែង លក្ខណៈ ឬពេលវេលា ឬបូកសរុបមុនពេលទាញយក។

# confidence: high
problem-too-many-requests = ព្យាយាមច្រើនដងពេក
problem-too-many-requests-meaning = មានការព្យាយាមបរាជ័យច្រើនពេកក្នុងរយៈពេលប៉ុន្មាននាទី ប្រព័ន្ធផ្អាកដើម្បីកុំឱ្យគេទាយពាក្យសម្ងាត់បាន។
problem-too-many-requests-advice = សូមរង់ចាំចំនួនវិនាទីដែល "Retry-After" ប្រាប់ រួចព្យាយាមម្ដងទៀត បើបាត់ពាក្យសម្ងាត់ សូមសុំថ្មីពីអ្នកគ្រប់គ្រង។

# confidence: medium
problem-budget-used = ចំណែករបស់អ្នកត្រូវបានប្រើអស់សម្រាប់ពេលនេះ
problem-budget-used-meaning = ដើម្បីកុំឱ្យអ្នកប្រើម្នាក់ធ្វើឱ្យអ្នកដទៃរង់ចាំ អ្នកប្រើម្នាក់ៗ (និងអាសយដ្ឋានភ្ញៀវនីមួយៗ) មានចំណែកនៃពេលវេលា បៃ និងសំណើក្នុងពេលតែមួយ ចំណែករបស់អ្នកអស់បណ្ដោះអាសន្ន។
problem-budget-used-advice = សូមរង់ចាំចំនួនវិនាទីដែល "Retry-After" ប្រាប់។ សូមសួរតិចជាងមុនម្ដងៗ៖ បញ្ជាក់ទីកន្លែង លក្ខណៈ និងពេលវេលា ផ្ញើសំណើម្ដងមួយ ហើយរក្សាទុកចម្លើយដែលត្រូវការម្ដងទៀត។
problem-budget-time = សំណើរបស់អ្នកបានប្រើពេលវេលាអស់សម្រាប់ពេលនេះ៖ សូមរង់ចាំ { $seconds } វិនាទី រួចសួរតិចជាងមុនម្ដងៗ។
problem-budget-bytes = សំណើរបស់អ្នកបានអានបៃអស់ចំនួនដែលអនុញ្ញាតសម្រាប់ពេលនេះ៖ សូមរង់ចាំ { $seconds } វិនាទី រួចបញ្ជាក់ទីកន្លែង លក្ខណៈ និងពេលវេលា ដើម្បីអានតិចជាង។
problem-budget-requests = សំណើរបស់អ្នករង់ចាំច្រើនពេក៖ សូមផ្ញើម្ដងមួយ សំណើបន្ទាប់ក្នុងរយៈពេល { $seconds } វិនាទី។
problem-budget-unread = ចម្លើយដែលអ្នកមិនទាន់អាន និងសំណើដែលអ្នកមិនទាន់ផ្ញើចប់ កាន់កាប់ { $mebibytes } MiB នៅទីនេះ៖ សូមអានវា ឬបិទការតភ្ជាប់ រួចសុំម្ដងទៀត។
problem-node-unread = ចម្លើយដែលរង់ចាំអ្នកដទៃអាន បានប្រើអង្គចងចាំអស់៖ សូមសុំម្ដងទៀតក្នុងរយៈពេលប៉ុន្មានវិនាទី ឬសុំទំព័រតូចជាងនេះ។
problem-node-connections = ចំនួនតភ្ជាប់ដល់កម្រិតអតិបរមា ទាំងអស់ ឬពីអាសយដ្ឋានមួយ៖ សូមបិទខ្លះ ឬព្យាយាមម្ដងទៀតក្នុងរយៈពេលប៉ុន្មានវិនាទី។
problem-node-full = សំណើច្រើនពេកកំពុងរង់ចាំវេន៖ សូមព្យាយាមម្ដងទៀតក្នុងរយៈពេល { $seconds } វិនាទី។

# confidence: high
problem-internal = កំហុសខាងក្នុង
problem-internal-meaning = មានអ្វីមួយបរាជ័យក្នុងប្រព័ន្ធ មិនមែនជាកំហុសនៃសំណើរបស់អ្នកទេ។
problem-internal-advice = សូមព្យាយាមម្ដងទៀត បើនៅតែកើតឡើង សូមប្រាប់អ្នកគ្រប់គ្រងនូវលេខក្នុង "instance"។

# confidence: high
problem-unavailable = ប្រព័ន្ធមិនអាចឆ្លើយបានបណ្ដោះអាសន្ន
problem-unavailable-meaning = ផ្នែកមួយដែលប្រព័ន្ធត្រូវការកំពុងរវល់ ឬមិនអាចទាក់ទងបាន។
problem-unavailable-advice = សូមព្យាយាមម្ដងទៀតក្នុងរយៈពេលប៉ុន្មាននាទី។ ទិន្នន័យរបស់អ្នកមានសុវត្ថិភាព។

# confidence: medium
problem-disk-full = ថាសរបស់ម៉ាស៊ីនពេញហើយ
problem-disk-full-meaning = ថាសដែលម៉ាស៊ីនរក្សាទិន្នន័យគ្មានកន្លែងទំនេរទៀតទេ។ អ្វីដែលបានផ្ញើមិនត្រូវបានទទួលយកសូម្បីមួយផ្នែក អ្វីដែលមានពីមុននៅដដែល។
problem-disk-full-advice = សូមផ្ញើម្ដងទៀតពេលមានកន្លែងទំនេរ ហើយប្រាប់អ្នកដែលដំណើរការម៉ាស៊ីន។ អ្នកដំណើរការ៖ បង្កើនកន្លែងទំនេរលើថាស ឬផ្លាស់ទីឃ្លាំងទៅថាសធំជាង "cuulong doctor" ប្រាប់ថានៅទំនេរប៉ុន្មាន។

# confidence: medium
problem-damaged-data = ទិន្នន័យដែលបានរក្សាទុកខូច
problem-damaged-data-meaning = ឯកសារដែលបានរក្សាទុកមួយ ដែលចម្លើយត្រូវការ មិនដូចពេលសរសេរទេ។ គ្មានចម្លើយចេញពីវា ហើយក៏គ្មានចម្លើយដោយខ្វះវាដែរ៖ លេខដែលតូចជាងដោយស្ងៀមស្ងាត់ អាក្រក់ជាងគ្មានលេខ។
problem-damaged-data-advice = សូមសួរសំណុំទិន្នន័យម្ដងមួយៗ៖ សំណុំផ្សេងទៀតនៅអានបាន។ អ្នកដំណើរការ៖ ដំណើរការ "cuulong verify" ដែលប្រាប់ឈ្មោះឯកសារខូចទាំងអស់ រួចយកវាមកវិញពីច្បាប់ចម្លង៖ cuulong restore SOURCE --only FILE។
problem-damaged-dataset = អានទិន្នន័យនៃសំណុំ "{ $dataset }" មិនបានទេ៖ ឯកសាររបស់វា "{ $file }" ខូច។
problem-damaged-file = ឯកសារដែលបានរក្សាទុក "{ $file }" ខូច។

# confidence: high
problem-body-broken-off = ឯកសារដាច់នៅតាមផ្លូវ ហើយមិនបានទទួលពេញលេញ៖ សូមផ្ញើម្ដងទៀត
problem-no-file = មិនបានជ្រើសឯកសារ៖ សូមជ្រើសមួយ រួចផ្ញើ
