#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use super::container::{FORMAT, HEADER, MAGIC, MAX_BODY, sha256, wrap};
use super::{ArtifactError, Written, body, deserialize, serialize};
use crate::calibration::Calibrator;
use crate::model::Model;
use crate::scoring::Grades;
use crate::scoring::fixture::{World, classifier, model, parts};

/// The body of `bytes` put into a frame whose checksum is right.
fn reframed(body: &[u8]) -> Vec<u8> {
    wrap(body).unwrap()
}

/// A model that has every part of a model, and few of each.
fn small() -> Model {
    let mut parts = parts(Calibrator::Platt { slope: 0.9, intercept: -0.2 });
    // Attributes, age, the first and the last event, and a few counts.
    let features = parts.plan.features().len();
    parts.plan.retain(&(0..features).map(|i| i < 12 || i % 5 == 0).collect::<Vec<_>>());
    parts.classifier = classifier(&parts.plan);
    parts.grades = Grades::from_reference(&[-1.0, 0.0, 2.0]).unwrap();
    let model = Model::assemble(parts).unwrap();
    let mut content = model.content().clone();
    content.golden.drain(2..);
    Model::from_content(content, model.version()).unwrap()
}

/// Scores a little world; it must not panic, whatever it says.
fn exercise(model: &Model, world: &World) {
    let events = model.plan().code_events(&world.events, world.leads.len());
    let _ = model.score_rows(&world.leads, &events, &world.as_of, 3, Some(1));
    let _ = model.verify();
    let _ = model.card().to_string();
}

#[test]
fn a_model_comes_back_equal_and_gives_the_same_bytes() {
    let model = model();
    let bytes = model.to_bytes().unwrap();
    let read = Model::from_bytes(&bytes).unwrap();
    assert_eq!(read, model);
    assert_eq!(read.to_bytes().unwrap(), bytes);
    assert_eq!(super::content_hash(read.content()).unwrap(), model.version());
    read.verify().unwrap();
}

#[test]
fn the_version_names_the_content() {
    let model = model();
    assert_eq!(model, crate::scoring::fixture::model(), "the same parts make the same model");
    assert!(model.version().len() == 16 && model.version().bytes().all(|b| b.is_ascii_hexdigit()));
    let other = Model::assemble(parts(Calibrator::Platt { slope: 0.9, intercept: -0.200_000_01 })).unwrap();
    assert_ne!(other.version(), model.version());
    let mut parts = parts(Calibrator::Platt { slope: 0.9, intercept: -0.2 });
    parts.card.seed = 1;
    assert_ne!(Model::assemble(parts).unwrap().version(), model.version());
}

#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    let bytes = model().to_bytes().unwrap();
    for end in 0..bytes.len() {
        assert!(matches!(Model::from_bytes(&bytes[..end]), Err(ArtifactError::Truncated { .. })), "cut at {end} of {}", bytes.len());
    }
}

#[test]
fn every_flipped_bit_is_an_error() {
    let bytes = model().to_bytes().unwrap();
    // Beyond the header every flip takes the same way, so every bit of every seventh byte stands for all.
    for byte in (0..HEADER).chain((HEADER..bytes.len()).step_by(7)) {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[byte] ^= 1 << bit;
            assert!(Model::from_bytes(&flipped).is_err(), "byte {byte}, bit {bit}");
        }
    }
}

#[test]
fn every_flipped_bit_under_a_right_checksum_is_an_error_or_a_model_that_scores_without_panic() {
    let model = small();
    let world = World::new(2, 5);
    // As if the version had been made to fit, too.
    let mut content = serialize(model.content()).unwrap();
    let mut read = 0;
    for byte in 0..content.len() {
        for bit in 0..8 {
            content[byte] ^= 1 << bit;
            if let Ok(model) = Model::from_content_bytes(&content, model.version()) {
                exercise(&model, &world);
                read += 1;
            }
            content[byte] ^= 1 << bit;
        }
    }
    assert!(read > 0, "flips of numbers are not found by structure");
}

#[test]
fn a_file_cut_off_under_a_right_checksum_is_an_error() {
    let bytes = model().to_bytes().unwrap();
    let body = &bytes[HEADER..];
    for end in 0..body.len() {
        assert!(matches!(Model::from_body(&body[..end]), Err(ArtifactError::Malformed { .. })), "cut at {end}");
    }
    let content = serialize(model().content()).unwrap();
    for end in 0..content.len() {
        assert!(matches!(Model::from_content_bytes(&content[..end], ""), Err(ArtifactError::Malformed { .. })), "content cut at {end}");
    }
}

#[test]
fn hostile_lengths_take_no_memory() {
    let mut bytes = model().to_bytes().unwrap();
    for length in [u64::MAX, MAX_BODY + 1, 1 << 40] {
        bytes[12..20].copy_from_slice(&length.to_le_bytes());
        assert!(matches!(Model::from_bytes(&bytes), Err(ArtifactError::Malformed { .. })), "{length}");
    }
    bytes[12..20].copy_from_slice(&MAX_BODY.to_le_bytes());
    assert!(matches!(Model::from_bytes(&bytes), Err(ArtifactError::Truncated { .. })));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.leadscore");
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(Model::open(&path), Err(ArtifactError::Truncated { .. })));

    // A string, an array, a map and bytes of 4 GB, announced by MessagePack inside a small body.
    let version = [&[0x82, 0xa7][..], b"version", &[0xb0], b"0123456789abcdef", &[0xa7], b"content"].concat();
    for marker in [0xdb, 0xdd, 0xdf, 0xc6] {
        let content = [marker, 0xff, 0xff, 0xff, 0xff];
        assert!(matches!(Model::from_bytes(&reframed(&body(&content).unwrap())), Err(ArtifactError::Malformed { .. })), "{marker:x}");
        for start in [&[][..], &version[..], &version[..9]] {
            let body = [start, &[marker, 0xff, 0xff, 0xff, 0xff]].concat();
            assert!(matches!(Model::from_bytes(&reframed(&body)), Err(ArtifactError::Malformed { .. })), "{marker:x}");
        }
    }
    // Nesting without end.
    for marker in [0x91, 0x81, 0xc7] {
        let content = body(&vec![marker; 1 << 20]).unwrap();
        assert!(matches!(Model::from_bytes(&reframed(&content)), Err(ArtifactError::Malformed { .. })), "{marker:x}");
        let body = [&version[..], &vec![marker; 1 << 20]].concat();
        assert!(matches!(Model::from_bytes(&reframed(&body)), Err(ArtifactError::Malformed { .. })), "{marker:x}");
        let unknown = [&[0x83, 0xa1, b'x'][..], &vec![marker; 1 << 20]].concat();
        assert!(matches!(Model::from_bytes(&reframed(&unknown)), Err(ArtifactError::Malformed { .. })), "{marker:x}");
    }
}

#[test]
fn other_files_and_later_formats_are_told_apart() {
    let message = |bytes: &[u8]| Model::from_bytes(bytes).unwrap_err().to_string();
    for other in [&b"lead_id,won\n1,0\n"[..], b"PK\x03\x04", b"\x89LSC\n\x1a\n translated line ends", &[0; 100]] {
        assert!(matches!(Model::from_bytes(other), Err(ArtifactError::NotAModel)), "{other:?}");
    }
    let mut bytes = model().to_bytes().unwrap();
    bytes[8..12].copy_from_slice(&(FORMAT + 6).to_le_bytes());
    assert!(matches!(Model::from_bytes(&bytes), Err(ArtifactError::FutureVersion { found: 9, supported: 3 })));
    assert!(message(&bytes).contains("upgrade leadscore"));
    // Even a header that ends after the format says so.
    assert!(matches!(Model::from_bytes(&bytes[..12]), Err(ArtifactError::FutureVersion { .. })));
    bytes[8..12].copy_from_slice(&0_u32.to_le_bytes());
    assert!(matches!(Model::from_bytes(&bytes), Err(ArtifactError::Malformed { .. })));
}

#[test]
fn nothing_may_follow_the_model() {
    let bytes = model().to_bytes().unwrap();
    let longer = [&bytes[..], b"x"].concat();
    assert!(matches!(Model::from_bytes(&longer), Err(ArtifactError::Malformed { .. })));
    let content = [&serialize(model().content()).unwrap()[..], &[0xc0]].concat();
    for inside in [[&bytes[HEADER..], &[0xc0]].concat(), body(&content).unwrap()] {
        assert!(Model::from_bytes(&reframed(&inside)).unwrap_err().to_string().contains("1 bytes follow the content"));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.leadscore");
    fs::write(&path, &longer).unwrap();
    assert!(matches!(Model::open(&path), Err(ArtifactError::Malformed { .. })));
}

#[test]
fn saving_replaces_the_whole_file_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.leadscore");
    let model = model();
    fs::write(&path, vec![b'x'; 1 << 20]).unwrap();
    model.save(&path).unwrap();
    model.save(&path).unwrap();
    assert_eq!(Model::open(&path).unwrap(), model);
    assert_eq!(fs::read(&path).unwrap(), model.to_bytes().unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    // A name that is taken by a folder: the error says which, and no temporary file stays.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("inside"), "x").unwrap();
    let error = model.save(&taken).unwrap_err();
    assert!(matches!(&error, ArtifactError::Io { path, .. } if *path == taken), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert!(matches!(model.save(folder.path().join("no/such/folder/m")), Err(ArtifactError::Io { .. })));
    assert!(matches!(model.save("/"), Err(ArtifactError::Malformed { .. })));
    assert!(matches!(Model::open(folder.path().join("absent")), Err(ArtifactError::Io { .. })));
    assert!(matches!(Model::open(folder.path()), Err(ArtifactError::Io { .. })));
}

#[test]
fn saving_leaves_files_alone_that_others_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.leadscore");
    let model = model();
    // As a crashed process of the same number would have left them, at every count that this one can have come to.
    let others: Vec<_> = (0..100).map(|n| folder.path().join(format!(".m.leadscore.{}.{n}.tmp", std::process::id()))).collect();
    others.iter().for_each(|other| fs::write(other, "theirs").unwrap());
    model.save(&path).unwrap();
    assert_eq!(Model::open(&path).unwrap(), model);
    assert!(others.iter().all(|other| fs::read(other).unwrap() == b"theirs"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 101);
}

#[test]
fn a_golden_row_that_scores_otherwise_is_found() {
    let model = model();
    let rows = &model.content().golden;
    assert!(rows.len() >= 8);
    let mut changed = model.content().clone();
    changed.calibrator = Calibrator::Platt { slope: 0.9, intercept: -0.2 + 1e-12 };
    let changed = Model::from_content(changed, model.version()).unwrap();
    assert!(matches!(changed.verify(), Err(ArtifactError::GoldenMismatch { row: 0, .. })));
    let mut unproven = model.content().clone();
    unproven.golden.clear();
    let unproven = Model::from_content(unproven, model.version()).unwrap();
    assert!(matches!(unproven.verify(), Err(ArtifactError::Malformed { .. })));
}

#[test]
fn later_versions_may_add_fields() {
    #[derive(serde::Serialize)]
    struct LaterBody<'a> {
        version: &'a str,
        novelty: Vec<Option<&'a str>>,
        #[serde(serialize_with = "super::packed::serialize_bytes")]
        content: &'a [u8],
    }
    #[derive(serde::Serialize)]
    struct LaterContent<'a> {
        novelty: Vec<Option<&'a str>>,
        #[serde(flatten)]
        content: &'a crate::model::Content,
    }
    let model = model();
    let novelty = vec![None, Some("x")];
    let content = serialize(model.content()).unwrap();
    let later = serialize(&LaterBody { version: model.version(), novelty: novelty.clone(), content: &content }).unwrap();
    assert_eq!(Model::from_bytes(&reframed(&later)).unwrap(), model);
    // More content is another version; what is written of it here is this library's, and readable again.
    let later = serialize(&LaterContent { novelty, content: model.content() }).unwrap();
    let read = Model::from_bytes(&reframed(&body(&later).unwrap())).unwrap();
    assert_eq!(read.content(), model.content());
    assert_ne!(read.version(), model.version());
    assert_eq!(Model::from_bytes(&read.to_bytes().unwrap()).unwrap(), model);
}

#[test]
fn a_version_that_is_not_the_hash_of_the_content_is_refused() {
    let model = model();
    let content = serialize(model.content()).unwrap();
    for version in ["", "0123456789ABCDEF", "0123456789abcde\n", "../../etc/passwd", "0123456789abcdef"] {
        let body = serialize(&Written { version, content: &content }).unwrap();
        assert!(matches!(Model::from_bytes(&reframed(&body)), Err(ArtifactError::Malformed { .. })), "{version}");
    }
    // One model under the name of another.
    let mut other = model.content().clone();
    other.card.seed += 1;
    let body = serialize(&Written { version: model.version(), content: &serialize(&other).unwrap() }).unwrap();
    let message = Model::from_bytes(&reframed(&body)).unwrap_err().to_string();
    assert!(message.contains(model.version()), "{message}");
}

#[test]
fn floats_come_back_to_the_bit() {
    for bits in [f64::NAN.to_bits(), 0xfff8_0000_0000_1234, (-0.0_f64).to_bits(), 1, f64::MIN_POSITIVE.to_bits(), 0.1_f64.to_bits()] {
        let back: f64 = deserialize(&serialize(&f64::from_bits(bits)).unwrap()).unwrap();
        assert_eq!(back.to_bits(), bits);
    }
}

#[test]
fn the_frame_is_as_documented() {
    let bytes = model().to_bytes().unwrap();
    assert_eq!(bytes[..8], MAGIC);
    assert_eq!(bytes[8..12], [3, 0, 0, 0]);
    assert_eq!(u64::from_le_bytes(bytes[12..20].try_into().unwrap()), (bytes.len() - HEADER) as u64);
    assert_eq!(bytes[20..52], sha256(&[&bytes[8..12], &bytes[52..]].concat()));
}
