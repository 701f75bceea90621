//! The whole system, judged from outside: files go in, answers come out.

mod admin;
mod answers;
mod backends;
mod bad_input;
mod bad_requests;
mod clients;
mod downloads;
mod live;
mod mqtt;
mod mqtt_bridge;
mod outages;
mod outlets;
mod permissions;
mod question;
mod rasters;
mod real_files;
mod refusals;
mod slow_readers;
mod sqlwire;
mod truth;
mod uploads;
mod versions;
mod wizard;
