//! Makes files of weights for tests, valid and invalid.

use super::super::METADATA_KEY;
use super::super::Weights;
use crate::error::{Error, Result};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use safetensors::tensor::{Dtype, TensorView};
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;

/// A path in a temporary folder, to which tests write files of weights and read them back.
pub(super) struct TempWeights {
    _folder: TempDir,
    pub(super) path: PathBuf,
}

impl TempWeights {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { path: folder.path().join("file"), _folder: folder }
    }

    pub(super) fn read(&self, bytes: &[u8]) -> Result<Weights> {
        std::fs::write(&self.path, bytes).expect("written");
        Weights::read(&self.path)
    }

    /// The error (without the file's name) and the hint when `bytes` are read.
    pub(super) fn refused(&self, bytes: &[u8]) -> (String, String) {
        let error = self.read(bytes).expect_err("refused");
        (self.message(&error), error.hint().to_owned())
    }

    pub(super) fn message(&self, error: &Error) -> String {
        let message = error.to_string();
        message.strip_prefix(&format!("{} ", self.path.display())).expect("the file is named").to_owned()
    }
}

pub(super) fn safetensors(dtype: Dtype, tensors: &[(&str, &[usize], &[u8])], metadata: Option<&str>) -> Vec<u8> {
    let views = tensors.iter().map(|(name, shape, bytes)| {
        (*name, TensorView::new(dtype, shape.to_vec(), bytes).expect("the bytes of a shape"))
    });
    let header = metadata.map(|json| [(METADATA_KEY.to_owned(), json.to_owned())].into());
    safetensors::serialize(views, header).expect("distinct names")
}

/// A tensor of a state dict, as PyTorch's pickle describes it.
#[derive(Clone)]
pub(super) struct PickledTensor {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    pub(super) elements: u8,
    pub(super) offset: u8,
    pub(super) shape: Vec<u8>,
    pub(super) strides: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

impl PickledTensor {
    /// A contiguous vector.
    pub(super) fn vector(name: &'static str, values: &[f32]) -> Self {
        Self {
            name,
            class: "FloatStorage",
            elements: values.len() as u8,
            offset: 0,
            shape: vec![values.len() as u8],
            strides: vec![1],
            bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        }
    }

    pub(super) fn pickle(&self, key: usize) -> Vec<u8> {
        let text = |text: &str| [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
        let number = |number: u8| [b'K', number];
        let tuple = |numbers: &[u8]| {
            [&b"("[..], numbers.iter().map(|n| number(*n)).collect::<Vec<_>>().as_flattened(), b"t"].concat()
        };
        [
            &text(self.name)[..],
            b"ctorch._utils\n_rebuild_tensor_v2\n((",
            &text("storage"),
            format!("ctorch\n{}\n", self.class).as_bytes(),
            &text(&key.to_string()),
            &text("cpu"),
            &number(self.elements),
            b"tQ",
            &number(self.offset),
            &tuple(&self.shape),
            &tuple(&self.strides),
            b"\x89ccollections\nOrderedDict\n)RtR",
        ]
        .concat()
    }
}

pub(super) fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    archive_as(CompressionMethod::STORE, entries)
}

pub(super) fn archive_as(method: CompressionMethod, entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in entries {
        let (mut entry, config) = zip.new_file(*name).compression_method(method).start().expect("an entry");
        let mut data = config.wrap(&mut entry);
        data.write_all(bytes).expect("written");
        let (_, sizes) = data.finish().expect("its end");
        entry.finish(sizes).expect("its end");
    }
    zip.finish().expect("a zip")
}

/// A state dict as `torch.save` writes it.
pub(super) fn pth(tensors: &[PickledTensor]) -> Vec<u8> {
    let described = tensors.iter().enumerate().map(|(key, tensor)| tensor.pickle(key)).collect::<Vec<_>>().concat();
    saved(&[&b"\x80\x02}("[..], &described, b"u."].concat(), tensors)
}

/// A program's checkpoint as `torch.save` writes it: an epoch, a loss, the state of an optimiser, and a state dict for each
/// of the entries, its tensors being parameters.
pub(super) fn nested_pth(entries: &[(&str, &[PickledTensor])]) -> Vec<u8> {
    let text = |text: &str| [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let mut pickle = b"\x80\x02}(".to_vec();
    pickle.extend([text("epoch"), b"K\x05".to_vec(), text("loss"), b"G\x3f\xe0\0\0\0\0\0\0".to_vec()].concat());
    let mut tensors = Vec::new();
    let moment = PickledTensor::vector("exp_avg", &[0.0]);
    pickle.extend([text("optimizer"), b"}(".to_vec(), text("state"), b"}K\0}(".to_vec(), moment.pickle(0)].concat());
    pickle.extend([b"us".to_vec(), text("param_groups"), b"]}(".to_vec(), text("lr")].concat());
    pickle.extend([b"G\x3f\xe0\0\0\0\0\0\0".to_vec(), text("params"), b"](K\0K\x01eua".to_vec()].concat());
    pickle.extend(b"u");
    tensors.push(moment);
    for (entry, held) in entries {
        pickle.extend([text(entry), b"}(".to_vec()].concat());
        for tensor in *held {
            let [name, value] = [text(tensor.name), tensor.pickle(tensors.len())];
            pickle.extend([&name[..], b"ctorch._utils\n_rebuild_parameter\n(", &value[name.len()..]].concat());
            pickle.extend(b"\x88ccollections\nOrderedDict\n)RtR");
            tensors.push(tensor.clone());
        }
        pickle.extend(b"u");
    }
    pickle.extend(b"u.");
    saved(&pickle, &tensors)
}

/// The archive of a pickle and the numbers of the tensors in it.
fn saved(pickle: &[u8], tensors: &[PickledTensor]) -> Vec<u8> {
    let names: Vec<String> = (0..tensors.len()).map(|key| format!("any/data/{key}")).collect();
    let numbers = names.iter().zip(tensors).map(|(name, tensor)| (name.as_str(), &tensor.bytes[..]));
    archive(&[("any/data.pkl", pickle), ("any/byteorder", b"little")].into_iter().chain(numbers).collect::<Vec<_>>())
}
