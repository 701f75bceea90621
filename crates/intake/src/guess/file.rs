//! Guessing the mapping of a file that is not taken in.

use bytes::Bytes;
use formats::detect_file;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::io::AsyncWriteExt;
use wording::told;

use super::{Guessed, Survey, guess};
use crate::{Error, Intake};

impl Intake {
    /// Guesses the mapping of a table of observations, of one sheet where it is named. Nothing of the
    /// file is kept.
    pub async fn guess(
        &self,
        file_name: &str,
        sheet: Option<&str>,
        mut body: BoxStream<'static, std::io::Result<Bytes>>,
    ) -> Result<Guessed, Error> {
        let limit = self.inner.limits.max_bytes;
        let failed = |error: std::io::Error| Error::internal("keeping the file while it is looked at", error);
        let file = tempfile::NamedTempFile::new().map_err(failed)?;
        let mut writer = tokio::fs::File::from_std(file.reopen().map_err(failed)?);
        let mut size = 0_u64;
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|error| Error::Later(error.into()))?;
            size += bytes.len() as u64;
            if size > limit {
                return Err(Error::Limit {
                    what: told!("intake-file", "the file"),
                    limit: crate::error::bytes(limit),
                });
            }
            writer.write_all(&bytes).await.map_err(failed)?;
        }
        writer.flush().await.map_err(failed)?;
        let gazetteer = self.inner.catalog.gazetteer().await?;
        let (name, limits) = (file_name.to_owned(), self.inner.limits.formats.clone());
        let sheet = sheet.map(str::to_owned);
        let task = tokio::task::spawn_blocking(move || {
            let format = detect_file(&name, file.path())?.as_table();
            let survey = Survey::of(file.path(), &name, &format, &limits)?;
            let survey = match &sheet {
                Some(sheet) => survey.only(sheet)?,
                None => survey,
            };
            guess(&survey, &gazetteer)
        });
        task.await.map_err(|error| Error::internal("looking at the file", error))?
    }
}
