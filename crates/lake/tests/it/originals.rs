//! Originals are kept once, whole or not at all.

use std::io;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use lake::Error;
use model::OriginalHash;
use policy::Purpose;

use crate::world::{World, on_both, permit_for, reading, writing};

fn pieces(pieces: Vec<io::Result<Bytes>>) -> BoxStream<'static, io::Result<Bytes>> {
    stream::iter(pieces).boxed()
}

fn file(megabytes: usize) -> Vec<io::Result<Bytes>> {
    (0..megabytes).map(|n| Ok(Bytes::from(vec![u8::try_from(n).unwrap(); 1 << 20]))).collect()
}

on_both! {
    async fn bytes_are_kept_under_their_hash_and_once(world: World) {
        let lake = world.lake().await;
        let text = || pieces(vec![Ok(Bytes::from_static(b"abc"))]);
        let kept = lake.receive(&writing(), text(), 100).await.unwrap();
        assert_eq!(kept.size, 3);
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(kept.hash.as_str(), hash);
        assert_eq!(lake.receive(&writing(), text(), 100).await.unwrap(), kept);
        assert_eq!(world.objects(), [format!("originals/ba/78/{hash}")]);
        let local = lake.original(&reading(), &kept.hash).await.unwrap();
        assert_eq!(std::fs::read(local.path()).unwrap(), b"abc");
    }

    async fn a_large_file_arrives_in_parts_and_is_read_back_whole(world: World) {
        let lake = world.lake().await;
        let kept = lake.receive(&writing(), pieces(file(21)), 1 << 30).await.unwrap();
        assert_eq!(kept.size, 21 << 20);
        assert_eq!(lake.receive(&writing(), pieces(file(21)), 1 << 30).await.unwrap(), kept);
        let hash = kept.hash.as_str();
        assert_eq!(world.objects(), [format!("originals/{}/{}/{hash}", &hash[..2], &hash[2..4])]);
        let local = lake.original(&reading(), &kept.hash).await.unwrap();
        let expected: Vec<u8> = file(21).into_iter().flat_map(Result::unwrap).collect();
        assert!(std::fs::read(local.path()).unwrap() == expected);
    }

    async fn what_breaks_off_or_is_too_large_leaves_no_trace(world: World) {
        let lake = world.lake().await;
        for megabytes in [2, 20] {
            let mut broken = file(megabytes);
            broken.push(Err(io::Error::other("the line went dead")));
            let error = lake.receive(&writing(), pieces(broken), 1 << 30).await.unwrap_err();
            assert!(error.is_retryable(), "{error}");
            let limit = (megabytes << 20) as u64 - 1;
            let error = lake.receive(&writing(), pieces(file(megabytes)), limit).await.unwrap_err();
            assert!(matches!(error, Error::Limit { limit: told, .. } if told == limit), "{error}");
        }
        assert_eq!(world.objects(), [""; 0]);
    }

    async fn an_original_that_is_not_as_it_was_kept_is_never_read(world: World) {
        let lake = world.lake().await;
        let kept = lake.receive(&writing(), pieces(file(2)), 1 << 30).await.unwrap();
        let name = world.objects().remove(0);
        let path = world.root().join(&name);
        let whole = std::fs::read(&path).unwrap();
        let flipped: Vec<u8> =
            whole.iter().enumerate().map(|(at, byte)| if at == 1_234_567 { byte ^ 4 } else { *byte }).collect();
        for damaged in [flipped.as_slice(), &whole[..whole.len() - 1], &[]] {
            std::fs::write(&path, damaged).unwrap();
            // Another handle, as after a restart: this one has just seen the bytes.
            let error = world.lake().await.original(&reading(), &kept.hash).await.unwrap_err();
            assert!(matches!(&error, Error::Damaged(damage) if damage.path == name), "{error:?}");
        }
        // Handing it in again puts it right.
        for damaged in [flipped.as_slice(), &whole[..1]] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(lake.receive(&writing(), pieces(file(2)), 1 << 30).await.unwrap(), kept);
            let local = world.lake().await.original(&reading(), &kept.hash).await.unwrap();
            assert!(std::fs::read(local.path()).unwrap() == whole);
        }
        assert_eq!(world.objects(), [name]);
    }

    async fn a_large_original_that_is_damaged_is_put_right_by_handing_it_in_again(world: World) {
        let lake = world.lake().await;
        let kept = lake.receive(&writing(), pieces(file(21)), 1 << 30).await.unwrap();
        let name = world.objects().remove(0);
        let path = world.root().join(&name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20_000_000] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(matches!(world.lake().await.original(&reading(), &kept.hash).await, Err(Error::Damaged(_))));
        assert_eq!(lake.receive(&writing(), pieces(file(21)), 1 << 30).await.unwrap(), kept);
        assert!(world.lake().await.original(&reading(), &kept.hash).await.is_ok());
        assert_eq!(world.objects(), [name]);
    }

    async fn an_original_that_is_not_there_is_not_found(world: World) {
        let lake = world.lake().await;
        let hash = OriginalHash::new(&"0".repeat(64)).unwrap();
        assert!(matches!(lake.original(&reading(), &hash).await, Err(Error::NotFound { .. })));
    }

    async fn originals_need_the_right_permit(world: World) {
        let lake = world.lake().await;
        let describing = permit_for("salinity_hourly", Purpose::Describe);
        let text = || pieces(vec![Ok(Bytes::from_static(b"abc"))]);
        for permit in [reading(), describing.clone()] {
            assert!(matches!(lake.receive(&permit, text(), 9).await, Err(Error::Denied(_))));
        }
        let kept = lake.receive(&writing(), text(), 9).await.unwrap();
        assert!(matches!(lake.original(&describing, &kept.hash).await, Err(Error::Denied(_))));
        let filtered = crate::series::embargoed("2020-01-01T00:00:00Z");
        assert!(matches!(lake.original(&filtered, &kept.hash).await, Err(Error::Denied(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_on_disk_is_gone_after_the_next_start_but_not_what_is_being_written() {
    let world = World::on_disk();
    drop(world.lake().await);
    let staging = world.folder().join(".staging");
    std::fs::create_dir_all(&staging).unwrap();
    let (dead, alive) = (staging.join("dead#1"), staging.join("alive#1"));
    std::fs::write(&dead, b"half a file").unwrap();
    let writer = std::fs::File::create(&alive).unwrap();
    writer.lock().unwrap();
    drop(world.lake().await);
    assert!(!dead.exists());
    assert!(alive.exists());
}
