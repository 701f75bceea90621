//! What is registered beside the reference: properties, places, and what their names mean.

use clap::{Args, Subcommand};

/// What to do with properties.
#[derive(Debug, Subcommand)]
pub enum PropertyCommand {
    /// List them.
    List,
    /// Register one beside those of the reference.
    Add(Box<NewProperty>),
}

/// A property to register.
#[derive(Debug, Args)]
pub struct NewProperty {
    /// Its code: lower-case letters, digits and `_`.
    pub code: String,
    /// Its sector: hydrology, agriculture, population_economy …
    #[arg(long)]
    pub sector: String,
    /// Its name in Vietnamese.
    #[arg(long)]
    pub name: String,
    /// Its name in English.
    #[arg(long)]
    pub name_en: Option<String>,
    /// Another name under which files carry it; may be given several times.
    #[arg(long = "alias", value_name = "NAME")]
    pub aliases: Vec<String>,
    /// Its unit in UCUM: g/L, 10*3.t, {person} …
    #[arg(long)]
    pub unit: String,
    /// extensive (adds up over space) or intensive (is weighted).
    #[arg(long)]
    pub kind: String,
    /// The smallest plausible value.
    #[arg(long, allow_negative_numbers = true)]
    pub min: Option<f64>,
    /// The largest plausible value.
    #[arg(long, allow_negative_numbers = true)]
    pub max: Option<f64>,
    /// What its values usually are: mean, maximum, minimum, sum, count, instantaneous.
    #[arg(long)]
    pub statistic: Option<String>,
    /// What a reader should know, and where the definition comes from.
    #[arg(long)]
    pub note: Option<String>,
}

/// What to do with places.
#[derive(Debug, Subcommand)]
pub enum PlaceCommand {
    /// Register one beside those of the reference.
    Add(Box<NewPlace>),
    /// What an agency means by names that do not say it themselves.
    #[command(subcommand)]
    Alias(PlaceAliasCommand),
}

/// A place to register.
#[derive(Debug, Args)]
pub struct NewPlace {
    /// Its id with its scheme: station:my_gauge.
    pub id: String,
    /// station, province, commune …
    #[arg(long, default_value = "station")]
    pub kind: String,
    /// Its name in Vietnamese.
    #[arg(long)]
    pub name: String,
    /// Its name in English.
    #[arg(long)]
    pub name_en: Option<String>,
    /// Another spelling; may be given several times.
    #[arg(long = "alias", value_name = "NAME")]
    pub aliases: Vec<String>,
    /// Degrees east, WGS 84.
    #[arg(long, allow_negative_numbers = true)]
    pub lon: Option<f64>,
    /// Degrees north, WGS 84.
    #[arg(long, allow_negative_numbers = true)]
    pub lat: Option<f64>,
    /// The river branch that it stands on.
    #[arg(long)]
    pub river: Option<String>,
    /// Where these facts come from.
    #[arg(long)]
    pub source: String,
}

/// What to do with names of places.
#[derive(Debug, Subcommand)]
pub enum PlaceAliasCommand {
    /// List what an agency means by its names.
    List {
        /// The agency.
        #[arg(long)]
        agency: String,
    },
    /// Say what an agency means by a name.
    Add {
        /// The name as the agency's files write it.
        text: String,
        /// The agency.
        #[arg(long)]
        agency: String,
        /// The id of the place, e.g. gso2004:92.
        #[arg(long)]
        place: String,
        /// The kind of place that the name stands for [default: any].
        #[arg(long)]
        kind: Option<String>,
    },
    /// Forget it.
    Remove {
        /// The name.
        text: String,
        /// The agency.
        #[arg(long)]
        agency: String,
        /// The kind that it was said of.
        #[arg(long)]
        kind: Option<String>,
    },
}
