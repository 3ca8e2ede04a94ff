//! The pickle of a PyTorch state dict, read without executing anything.
//!
//! A pickle is a program for a stack machine that may call any Python function. This machine has only the instructions
//! that state dicts use, and it calls nothing: it knows three functions by name and records the arguments of their calls.
//! Any other instruction or function is an error.
//!
//! Sources: Python's `pickletools.py` documents the instructions; PyTorch's `torch/serialization.py` and
//! `torch/_utils.py` show what PyTorch writes.

mod entries;
mod opcodes;
mod operands;

pub(super) use entries::StateDict;
use opcodes::*;
use operands::Operands;
use std::collections::BTreeMap;

/// A tensor as a state dict describes it: a view of a storage. The storage's numbers are outside the pickle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View<'a> {
    pub(super) storage: Storage<'a>,
    /// The index of the view's first element in the storage.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    /// For each dimension, the distance in elements between neighbours.
    pub(super) strides: Vec<usize>,
}

/// An array of numbers of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Storage<'a> {
    /// PyTorch's class for the type, such as `FloatStorage`.
    pub(super) class: &'a str,
    /// The name of the archive's entry with the numbers.
    pub(super) key: &'a str,
    pub(super) elements: usize,
}

/// Whether a file begins as a pickle: with the protocol, followed by instructions. A SafeTensors file may begin with
/// the same two bytes, because it begins with a length of eight bytes; but the last four of these are zero.
pub(super) fn is_pickle(bytes: &[u8]) -> bool {
    matches!(bytes, [PROTO, 2..=5, _, _, length @ ..] if !length.starts_with(&[0; 4]))
}

/// What a pickle holds. The error is the end of a sentence that begins with the file's name.
pub(super) fn state_dict(pickle: &[u8]) -> Result<StateDict<'_>, String> {
    Machine { rest: Operands(pickle), ..Machine::default() }.run()
}

/// A value on the stack. Tuples, dicts and tensors are indices into the machine's lists, so that values are small to
/// copy and never nested. What lists hold is forgotten: no tensor of a network is in a list. So a hostile pickle can neither multiply memory nor overflow the call stack.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value<'a> {
    None,
    Bool,
    Float,
    Integer(i64),
    Text(&'a str),
    List,
    Tuple(usize),
    Dict(usize),
    Storage(Storage<'a>),
    Tensor(usize),
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    StorageClass(&'a str),
}

#[derive(Debug, Default)]
struct Machine<'a> {
    rest: Operands<'a>,
    stack: Vec<Value<'a>>,
    /// The height of the stack at each open mark.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value<'a>>,
    tuples: Vec<Vec<Value<'a>>>,
    dicts: Vec<Vec<[Value<'a>; 2]>>,
    tensors: Vec<View<'a>>,
}

const MALFORMED: &str = "holds a pickle that is no state dict's, or is damaged";

fn malformed<T>(found: Option<T>) -> Result<T, String> {
    found.ok_or_else(|| MALFORMED.to_owned())
}

impl<'a> Machine<'a> {
    fn run(mut self) -> Result<StateDict<'a>, String> {
        loop {
            match self.rest.byte()? {
                STOP => return self.result(),
                BINPUT => {
                    let at = self.rest.byte()?;
                    self.remember(at.into())?;
                }
                LONG_BINPUT => {
                    let at = u32::from_le_bytes(self.rest.array()?);
                    self.remember(at)?;
                }
                MEMOIZE => {
                    let at = malformed(u32::try_from(self.memo.len()).ok())?;
                    self.remember(at)?;
                }
                MARK => self.marks.push(self.stack.len()),
                // The protocol's version and a frame's length are not needed.
                PROTO => drop(self.rest.byte()?),
                FRAME => drop(self.rest.array::<8>()?),
                SETITEM => {
                    let items = [self.pop()?, self.pop()?];
                    self.insert(&[items[1], items[0]])?;
                }
                SETITEMS => {
                    let items = self.since_mark()?;
                    self.insert(&items)?;
                }
                APPEND => {
                    self.pop()?;
                    self.list()?;
                }
                APPENDS => {
                    self.since_mark()?;
                    self.list()?;
                }
                // Sets an object's attributes. A state dict's attributes are the versions of its modules; ignored.
                BUILD => {
                    self.pop()?;
                    self.dict()?;
                }
                instruction => {
                    let value = self.value(instruction)?;
                    self.stack.push(value);
                }
            }
        }
    }

    /// The value that an instruction leaves on the stack.
    fn value(&mut self, instruction: u8) -> Result<Value<'a>, String> {
        Ok(match instruction {
            NONE => Value::None,
            NEWTRUE | NEWFALSE => Value::Bool,
            BINFLOAT => {
                self.rest.array::<8>()?;
                Value::Float
            }
            BININT1 => Value::Integer(self.rest.byte()?.into()),
            BININT2 => Value::Integer(u16::from_le_bytes(self.rest.array()?).into()),
            BININT => Value::Integer(i32::from_le_bytes(self.rest.array()?).into()),
            LONG1 => Value::Integer(self.rest.long()?),
            BINUNICODE => {
                let length = u32::from_le_bytes(self.rest.array()?);
                Value::Text(self.rest.text(malformed(usize::try_from(length).ok())?)?)
            }
            SHORT_BINUNICODE => {
                let length = self.rest.byte()?;
                Value::Text(self.rest.text(length.into())?)
            }
            EMPTY_DICT => self.new_dict(),
            EMPTY_LIST => Value::List,
            EMPTY_TUPLE => self.tuple(Vec::new()),
            TUPLE1 | TUPLE2 | TUPLE3 => {
                let mut parts = Vec::new();
                for _ in TUPLE1..=instruction {
                    parts.push(self.pop()?);
                }
                parts.reverse();
                self.tuple(parts)
            }
            TUPLE => {
                let parts = self.since_mark()?;
                self.tuple(parts)
            }
            BINGET => {
                let at = self.rest.byte()?;
                malformed(self.memo.get(&at.into()).copied())?
            }
            LONG_BINGET => {
                let at = u32::from_le_bytes(self.rest.array()?);
                malformed(self.memo.get(&at).copied())?
            }
            GLOBAL => {
                let (module, name) = (self.rest.line()?, self.rest.line()?);
                global(module, name)?
            }
            STACK_GLOBAL => match [self.pop()?, self.pop()?] {
                [Value::Text(name), Value::Text(module)] => global(module, name)?,
                _ => return Err(MALFORMED.into()),
            },
            BINPERSID => self.storage()?,
            REDUCE => self.call()?,
            other => return Err(format!("holds a pickle with the instruction {other:#04x}, which no state dict has")),
        })
    }

    fn pop(&mut self) -> Result<Value<'a>, String> {
        let floor = self.marks.last().copied().unwrap_or_default();
        malformed(if self.stack.len() > floor { self.stack.pop() } else { None })
    }

    fn since_mark(&mut self) -> Result<Vec<Value<'a>>, String> {
        let mark = malformed(self.marks.pop())?;
        Ok(self.stack.split_off(mark))
    }

    fn remember(&mut self, at: u32) -> Result<(), String> {
        let value = malformed(self.stack.last().copied())?;
        self.memo.insert(at, value);
        Ok(())
    }

    fn tuple(&mut self, parts: Vec<Value<'a>>) -> Value<'a> {
        self.tuples.push(parts);
        Value::Tuple(self.tuples.len() - 1)
    }

    fn new_dict(&mut self) -> Value<'a> {
        self.dicts.push(Vec::new());
        Value::Dict(self.dicts.len() - 1)
    }

    /// The index of the dictionary on top of the stack.
    fn dict(&self) -> Result<usize, String> {
        match self.stack.last() {
            Some(Value::Dict(dict)) => Ok(*dict),
            _ => Err(MALFORMED.into()),
        }
    }

    /// An error unless a list is on top of the stack.
    fn list(&self) -> Result<(), String> {
        malformed((self.stack.last() == Some(&Value::List)).then_some(()))
    }

    /// Adds `items`, alternating keys and values, to the dictionary on top of the stack.
    fn insert(&mut self, items: &[Value<'a>]) -> Result<(), String> {
        let dict = self.dict()?;
        let (pairs, rest) = items.as_chunks();
        self.dicts[dict].extend(pairs);
        malformed(rest.is_empty().then_some(()))
    }

    /// Takes a reference to a storage outside the pickle off the stack: `("storage", class, key, location, elements)`.
    fn storage(&mut self) -> Result<Value<'a>, String> {
        let parts = self.pop_tuple()?;
        let [Value::Text("storage"), Value::StorageClass(class), Value::Text(key), Value::Text(_), elements] =
            parts[..]
        else {
            return Err(MALFORMED.into());
        };
        Ok(Value::Storage(Storage { class, key, elements: natural(elements)? }))
    }

    /// The value that a function call would return. Known calls: `OrderedDict()`,
    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks, …)` and
    /// `_rebuild_parameter(tensor, requires_grad, hooks)`, which is the tensor.
    fn call(&mut self) -> Result<Value<'a>, String> {
        let parts = self.pop_tuple()?;
        match (self.pop()?, &parts[..]) {
            (Value::OrderedDict, []) => Ok(self.new_dict()),
            (
                Value::RebuildTensor,
                &[Value::Storage(storage), offset, Value::Tuple(shape), Value::Tuple(strides), Value::Bool, ..],
            ) => {
                let numbers = |tuple: usize| -> Result<Vec<usize>, String> {
                    check_length(&self.tuples[tuple])?.iter().copied().map(natural).collect()
                };
                let (shape, strides) = (numbers(shape)?, numbers(strides)?);
                self.tensors.push(View { storage, offset: natural(offset)?, shape, strides });
                Ok(Value::Tensor(self.tensors.len() - 1))
            }
            (Value::RebuildParameter, &[tensor @ Value::Tensor(_), Value::Bool, _]) => Ok(tensor),
            _ => Err(MALFORMED.into()),
        }
    }

    /// Pops a tuple and returns its parts.
    fn pop_tuple(&mut self) -> Result<Vec<Value<'a>>, String> {
        let Value::Tuple(tuple) = self.pop()? else { return Err(MALFORMED.into()) };
        check_length(&self.tuples[tuple]).cloned()
    }

    /// What is on top of the stack when the program ends.
    fn result(mut self) -> Result<StateDict<'a>, String> {
        let Value::Dict(dict) = self.pop()? else {
            return Err("holds a single value, not a state dict".into());
        };
        StateDict::of(&self, dict)
    }
}

/// An error if a tuple is longer than any in a state dict. Without this limit, a few bytes could have a long tuple
/// copied again and again.
fn check_length<T>(tuple: &Vec<T>) -> Result<&Vec<T>, String> {
    /// `_rebuild_tensor_v2` takes seven arguments; a tensor of a network has at most four dimensions.
    const MAX_PARTS: usize = 8;
    malformed((tuple.len() <= MAX_PARTS).then_some(tuple))
}

fn natural(value: Value) -> Result<usize, String> {
    match value {
        Value::Integer(number) => malformed(usize::try_from(number).ok()),
        _ => Err(MALFORMED.into()),
    }
}

/// The value for a function or class that state dicts use; an error for any other.
fn global<'a>(module: &'a str, name: &'a str) -> Result<Value<'a>, String> {
    match (module, name) {
        ("collections", "OrderedDict") => Ok(Value::OrderedDict),
        ("torch._utils", "_rebuild_tensor_v2") => Ok(Value::RebuildTensor),
        ("torch._utils", "_rebuild_parameter") => Ok(Value::RebuildParameter),
        ("torch", class) if class.ends_with("Storage") => Ok(Value::StorageClass(class)),
        _ => Err(format!("asks Python for `{module}.{name}`, which no state dict needs; nothing was executed")),
    }
}

#[cfg(test)]
mod tests;
