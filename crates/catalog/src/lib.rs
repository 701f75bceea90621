//! What exists and who may: entities, migrations, audit. The only crate that names SeaORM.
