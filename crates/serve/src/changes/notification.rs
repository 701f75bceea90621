//! Changes as notification messages of the WMO Information System: the file that made a version, with
//! its hash, where the asker may have it, and else the data themselves.

use catalog::{Change, ChangeKind, FeedState};
use chrono::Utc;
use model::{Dataset, Run};
use policy::{Principal, Purpose};
use serde_json::Value;
use standards::wis2::{self, Link, Notification};

use super::document::{data_link, described};
use super::{Cursors, Teller};
use crate::App;
use crate::http::{Answer, Links};

/// Whether a change of this kind made a version.
pub(crate) fn is_version(kind: ChangeKind) -> bool {
    matches!(
        kind,
        ChangeKind::Data
            | ChangeKind::Correction
            | ChangeKind::Withdrawal
            | ChangeKind::Recheck
            | ChangeKind::Product
    )
}

/// Writes messages for one asker.
pub(crate) struct Notifier<'a> {
    app: &'a App,
    principal: &'a Principal,
    cursors: &'a Cursors,
    links: &'a Links,
}

impl<'a> Notifier<'a> {
    pub(crate) fn new(app: &'a App, principal: &'a Principal, teller: &'a Teller) -> Notifier<'a> {
        Notifier { app, principal, cursors: teller.cursors(), links: teller.links() }
    }

    /// The messages of changes that made versions, in their order.
    pub(crate) async fn tell(&self, state: &FeedState, changes: &[Change]) -> Answer<Vec<Value>> {
        let datasets = described(self.app, changes).await?;
        let mut messages = Vec::with_capacity(changes.len());
        for change in changes {
            let (Some(version), Some(dataset)) = (change.version, datasets.get(&change.dataset)) else {
                continue;
            };
            let centre = &self.app.config.wis2_centre;
            let (links, sha256) = self.links_of(change, dataset, version.0).await?;
            messages.push(wis2::message(&Notification {
                id: self.cursors.id(state, change.number).to_string(),
                data_id: format!("{centre}/{}/{version}", dataset.id),
                metadata_id: format!("urn:wmo:md:{centre}:{}", dataset.id),
                published: change.at,
                times: None,
                sha256,
                topic: wis2::topic(centre, dataset.theme.code()),
                links,
            }));
        }
        Ok(messages)
    }

    /// The topic that messages of a change are published under.
    pub(crate) async fn topic(&self, change: &Change) -> Answer<Option<String>> {
        let datasets = described(self.app, std::slice::from_ref(change)).await?;
        let centre = &self.app.config.wis2_centre;
        Ok(datasets.get(&change.dataset).map(|dataset| wis2::topic(centre, dataset.theme.code())))
    }

    async fn links_of(
        &self,
        change: &Change,
        dataset: &Dataset,
        version: u64,
    ) -> Answer<(Vec<Link>, Option<[u8; 32]>)> {
        let rel = match change.kind {
            ChangeKind::Withdrawal => "deletion",
            ChangeKind::Correction | ChangeKind::Recheck => "update",
            _ => "canonical",
        };
        let data = data_link(self.links, dataset, version);
        let data = Link { rel, href: data.href, media_type: data.media_type.to_owned(), length: None };
        let about = Link {
            rel: "about",
            href: self.links.path(&format!("/v1/datasets/{}", dataset.id)),
            media_type: "application/json".to_owned(),
            length: None,
        };
        let Some((run, sha256, length)) = self.file(change).await? else {
            return Ok((vec![data, about], None));
        };
        let original = Link {
            rel,
            href: self.links.path(&format!("/v1/runs/{}/original", run.id)),
            media_type: "application/octet-stream".to_owned(),
            length,
        };
        Ok((vec![original, Link { rel: "item", ..data }, about], Some(sha256)))
    }

    /// The run of a version with hash and size of its file, where the asker may have the file.
    async fn file(&self, change: &Change) -> Answer<Option<(Run, [u8; 32], Option<u64>)>> {
        if !matches!(change.kind, ChangeKind::Data | ChangeKind::Correction) {
            return Ok(None);
        }
        let Some(id) = &change.run else { return Ok(None) };
        let now = Utc::now();
        let Ok(permit) =
            self.app.catalog.authorize(self.principal, &change.dataset, Purpose::Read, now).await
        else {
            return Ok(None);
        };
        let Some(run) = self.app.catalog.run(id).await? else { return Ok(None) };
        let Some(original) = &run.original else { return Ok(None) };
        let size = self.app.catalog.original(original).await?.map(|info| info.size);
        let hash = hex::decode(original.to_string()).ok();
        let Some(hash) = hash.and_then(|bytes| bytes.try_into().ok()) else { return Ok(None) };
        if !permit.rows().is_open() || !self.app.intake.may_give(&permit, &run).await? {
            return Ok(None);
        }
        Ok(Some((run, hash, size)))
    }
}
