use super::*;
use std::path::Path;

/// The pickle in one of the committed state dicts that PyTorch wrote.
fn written(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let bytes = std::fs::read(path).expect("the file is in the repository");
    super::super::state_dict::pickle_of(&bytes)
}

fn views(pickle: &[u8]) -> BTreeMap<String, View<'_>> {
    state_dict(pickle).expect("a state dict").views
}

fn refused(pickle: impl AsRef<[u8]>) -> String {
    state_dict(pickle.as_ref()).expect_err("not a state dict")
}

#[test]
fn what_pytorch_writes_is_understood() {
    let pickle = written("generator.pth");
    let views = views(&pickle);
    // Ten tensors of two batch norms, counters included, and three weights.
    assert_eq!(views.len(), 13);
    let storage = Storage { class: "FloatStorage", key: "0", elements: 192 };
    let first = View { storage, offset: 0, shape: vec![3, 4, 4, 4], strides: vec![64, 16, 4, 1] };
    assert_eq!(views["main.0.weight"], first);
    assert_eq!(views["main.1.num_batches_tracked"].storage.class, "LongStorage");
    assert!(views["main.1.num_batches_tracked"].shape.is_empty());
}

/// The file is written with protocol 4, which has other instructions, and its weights are in `channels_last`.
#[test]
fn another_protocol_and_memory_format_are_too() {
    let pickle = written("discriminator_wrapped.pth");
    let views = views(&pickle);
    let weight = &views["module.main.2.weight"];
    assert_eq!((&weight.shape[..], &weight.strides[..]), (&[4, 2, 4, 4][..], &[32, 1, 8, 2][..]));
}

/// `pickle.dumps` of an object whose `__reduce__` returns `(os.system, ("…",))`, and similar attacks.
#[test]
fn functions_are_named_and_not_called() {
    let system = b"\x80\x02cposix\nsystem\nq\x00X\x0c\x00\x00\x00touch pickledq\x01\x85q\x02Rq\x03.";
    let said = "asks Python for `posix.system`, which no state dict needs; nothing was executed";
    assert_eq!(refused(system), said);
    let in_a_dict = b"\x80\x02}X\x01\x00\x00\x00acos\nsystem\nX\x01\x00\x00\x00b\x85Rs.";
    assert!(refused(in_a_dict).starts_with("asks Python for `os.system`, "));
    let protocol_4 = b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins\x94\x8c\x04eval\x94\x93\x94.";
    assert!(refused(protocol_4).starts_with("asks Python for `builtins.eval`, "));
    let whole_model = b"\x80\x02c__main__\nGenerator\nq\x00)\x81.";
    assert!(refused(whole_model).starts_with("asks Python for `__main__.Generator`, "));
    // A known name in another module, and an unknown name in a known module.
    assert!(refused(b"cbuiltins\nOrderedDict\n.").starts_with("asks Python for `builtins.OrderedDict`, "));
    let stateful = refused(b"ctorch._utils\n_rebuild_parameter_with_state\n.");
    assert!(stateful.starts_with("asks Python for `torch._utils._rebuild_parameter_with_state`, "), "{stateful}");
    assert!(refused(b"ctorch\nload\n.").starts_with("asks Python for `torch.load`, "));
}

#[test]
fn instructions_that_make_objects_are_unknown() {
    // INST, OBJ, NEWOBJ, NEWOBJ_EX, EXT1, PERSID.
    for instruction in [b'i', b'o', 0x81, 0x92, 0x82, b'P'] {
        let said = format!("holds a pickle with the instruction {instruction:#04x}, which no state dict has");
        assert_eq!(refused([0x80, 2, b'(', instruction]), said);
    }
    // A known function called with wrong arguments, and attributes set on a value that has none.
    assert_eq!(refused(b"ccollections\nOrderedDict\nK\x01\x85R."), MALFORMED);
    assert_eq!(refused(b"ctorch._utils\n_rebuild_tensor_v2\n)R."), MALFORMED);
    assert_eq!(refused(b"ctorch\nFloatStorage\n}b."), MALFORMED);
}

#[test]
fn other_things_than_state_dicts() {
    assert_eq!(refused(b"K\x05."), "holds a single value, not a state dict");
    assert_eq!(refused(b"}X\x05\x00\x00\x00epochK\x05s."), "is no state dict: its entry `epoch` is no tensor");
    assert_eq!(refused(b"}K\x05K\x05s."), MALFORMED);
    assert_eq!(refused(b"}(K\x05u."), MALFORMED);
    assert_eq!(views(b"}.").len(), 0);
    assert_eq!(refused(b"]K\x05a."), "holds a single value, not a state dict");
    assert_eq!(refused(b"}K\x05a."), MALFORMED);
    assert_eq!(refused(b"ctorch._utils\n_rebuild_parameter\nK\x05\x88N\x87R."), MALFORMED);
}

/// A dict in itself, and dicts that hold the one before twice, thirty deep: a billion entries in two hundred bytes.
#[test]
fn dicts_in_dicts_come_to_an_end() {
    let text = |name: &str| [b"X\x01\0\0\0", name.as_bytes()].concat();
    let [a, b] = ["a", "b"].map(text);
    let many = "holds dicts in dicts, more than any state dict";
    assert_eq!(refused([&b"}q\0"[..], &a, b"h\0s."].concat()), many);
    let mut doubling = b"}q\0".to_vec();
    for deep in 0..30u8 {
        doubling.extend([&b"}("[..], &a, &[b'h', deep], &b, &[b'h', deep, b'u', b'q', deep + 1]].concat());
    }
    doubling.push(b'.');
    assert_eq!(refused(&doubling), many);
    let mut wide = b"}q\0(".to_vec();
    wide.extend([&b"K\x05"[..], b"N"].concat().repeat(1_000));
    wide.extend(b"u}(");
    wide.extend([&a[..], b"h\0"].concat().repeat(1_000));
    wide.extend(b"u.");
    assert_eq!(refused(&wide), many);
}

/// A pickle that is cut short is refused; a pickle with a wrong byte never causes a panic.
#[test]
fn damage_is_an_error() {
    for name in ["generator.pth", "discriminator_wrapped.pth"] {
        let pickle = written(name);
        for length in 0..pickle.len() {
            state_dict(&pickle[..length]).expect_err("cut short");
        }
        for at in 0..pickle.len() {
            for bit in [1, 0x10, 0x80] {
                let mut damaged = pickle.clone();
                damaged[at] ^= bit;
                // With a wrong byte in a name or a number it may still be a state dict.
                let _ = state_dict(&damaged);
            }
        }
    }
    for instruction in 0..=u8::MAX {
        refused([instruction]);
        refused([b'(', instruction, instruction, instruction]);
    }
}

/// Pickles that would fill memory or take very long if values were copied together with their parts.
#[test]
fn pickles_that_multiply_are_harmless() {
    let deep = [&b")"[..], &[0x85; 500_000], b"."].concat();
    assert_eq!(refused(deep), "holds a single value, not a state dict");
    let doubled = [&b")"[..], &b"q\x00h\x00\x86".repeat(100_000), b"."].concat();
    assert_eq!(refused(doubled), "holds a single value, not a state dict");
    let long = [&b"("[..], &b"K\x01".repeat(100_000), b"tq\x00"].concat();
    let called = [&b"ccollections\nOrderedDict\nq\x01"[..], &long, &b"h\x01h\x00R".repeat(100_000)].concat();
    assert_eq!(refused(called), MALFORMED);
}

#[test]
fn long_integers_are_in_twos_complement() {
    let long = |bytes: &[u8]| Operands(&[&[bytes.len() as u8], bytes].concat()).long();
    assert_eq!(long(&[]), Ok(0));
    assert_eq!(long(&[0xff]), Ok(-1));
    assert_eq!(long(&[0x00, 0x80]), Ok(-32768));
    assert_eq!(long(&[0xff, 0x00]), Ok(255));
    assert_eq!(long(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), Ok(i64::MAX));
    assert_eq!(long(&[0; 9]), Err(MALFORMED.into()));
}
