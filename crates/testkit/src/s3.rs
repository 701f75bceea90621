//! An S3 server in this process, over a folder that goes with it.
//!
//! `s3s-fs` looks for the object before it reads the body of a `PUT … If-None-Match: *`, so that of
//! two such puts at the same time both can succeed. S3 itself promises that one of them fails
//! (Amazon S3 user guide, "How to prevent object overwrites with conditional writes"). This server
//! keeps that promise by letting one conditional put in at a time; all else is `s3s-fs` itself.

use std::collections::BTreeMap;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::service::S3ServiceBuilder;
use s3s::{S3, S3Request, S3Response, S3Result};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const BUCKET: &str = "delta-region";
const KEY: &str = "test-key";
const SECRET: &str = "test-secret";

/// A running server. It ends, and its objects go, when this is dropped.
pub struct S3Server {
    folder: TempDir,
    address: std::net::SocketAddr,
    serving: JoinHandle<()>,
}

impl S3Server {
    /// Starts a server with one empty bucket.
    pub async fn start() -> S3Server {
        S3Server::start_with(Conditions::Kept).await
    }

    /// Starts a server that overwrites whatever the condition, as some stores do.
    pub async fn start_ignoring_conditions() -> S3Server {
        S3Server::start_with(Conditions::Ignored).await
    }

    async fn start_with(conditions: Conditions) -> S3Server {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let bucket = OneAtATime {
            inner: FileSystem::new(folder.path()).unwrap(),
            conditions,
            creating: tokio::sync::Mutex::new(()),
        };
        let mut service = S3ServiceBuilder::new(bucket);
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let http = Builder::new(TokioExecutor::new());
            while let Ok((socket, _)) = listener.accept().await {
                let connection = http.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
                tokio::spawn(async move {
                    // A client that goes away is no failure of the server.
                    let _ = connection.await;
                });
            }
        });
        S3Server { folder, address, serving }
    }

    /// A place in the bucket, as the lake's configuration names it.
    pub fn url(&self, prefix: &str) -> String {
        format!("s3://{BUCKET}/{prefix}")
    }

    /// The options that reach the server.
    pub fn options(&self) -> BTreeMap<String, String> {
        [
            ("aws_endpoint", format!("http://{}", self.address)),
            ("aws_region", "us-east-1".to_owned()),
            ("aws_access_key_id", KEY.to_owned()),
            ("aws_secret_access_key", SECRET.to_owned()),
            ("aws_allow_http", "true".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// The folder that holds the bucket's objects.
    pub fn bucket_folder(&self) -> std::path::PathBuf {
        self.folder.path().join(BUCKET)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Conditions {
    Kept,
    Ignored,
}

struct OneAtATime {
    inner: FileSystem,
    conditions: Conditions,
    creating: tokio::sync::Mutex<()>,
}

macro_rules! passed_on {
    ($($name:ident: $input:ty => $output:ty),* $(,)?) => {
        #[async_trait::async_trait]
        impl S3 for OneAtATime {
            async fn put_object(
                &self,
                mut request: S3Request<PutObjectInput>,
            ) -> S3Result<S3Response<PutObjectOutput>> {
                if self.conditions == Conditions::Ignored {
                    request.input.if_none_match = None;
                }
                if request.input.if_none_match.is_none() {
                    return self.inner.put_object(request).await;
                }
                let _creating = self.creating.lock().await;
                self.inner.put_object(request).await
            }

            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.inner.$name(request).await
            })*
        }
    };
}

passed_on! {
    abort_multipart_upload: AbortMultipartUploadInput => AbortMultipartUploadOutput,
    complete_multipart_upload: CompleteMultipartUploadInput => CompleteMultipartUploadOutput,
    copy_object: CopyObjectInput => CopyObjectOutput,
    create_multipart_upload: CreateMultipartUploadInput => CreateMultipartUploadOutput,
    delete_object: DeleteObjectInput => DeleteObjectOutput,
    delete_objects: DeleteObjectsInput => DeleteObjectsOutput,
    get_object: GetObjectInput => GetObjectOutput,
    head_object: HeadObjectInput => HeadObjectOutput,
    list_objects_v2: ListObjectsV2Input => ListObjectsV2Output,
    upload_part: UploadPartInput => UploadPartOutput,
}
