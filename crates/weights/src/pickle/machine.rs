//! The stack machine: opcodes in, an object out.

use std::collections::BTreeMap;

use super::allowed::Global;
use super::value::{Object, Value};
use super::{PickleError, calls, damaged, opcodes as op};
use crate::words::visible;

/// Opcodes of a pickle. A tensor takes about 30, so these are 30 000 tensors; what each of them can
/// make takes less than 100 bytes.
const MAX_STEPS: usize = 1 << 20;
const PROTOCOL: u8 = 2;
/// Bytes of a whole number: the magic number has ten.
const MAX_INT: usize = 16;
/// Bytes of the name of a module or a function.
const MAX_GLOBAL: usize = 256;

type Step<T> = Result<T, PickleError>;

pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value<'a>>,
    /// Lengths of the stack.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Value<'a>>,
    heap: Vec<Object<'a>>,
    /// Entries that may still be copied.
    left: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        let (stack, marks, heap) = (Vec::new(), Vec::new(), Vec::new());
        Self { bytes, at, stack, marks, memo: BTreeMap::new(), heap, left: MAX_STEPS }
    }

    /// Where the next opcode is, or the one that failed.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn into_heap(self) -> Vec<Object<'a>> {
        self.heap
    }

    /// What the pickle comes to.
    pub(super) fn run(&mut self) -> Step<Value<'a>> {
        for step in 0..MAX_STEPS {
            let start = self.at;
            let done = self.byte().and_then(|opcode| match (step, opcode) {
                (0, op::PROTO) => self.protocol().map(|()| None),
                (0, _) => damaged("there is no pickle of protocol 2"),
                (_, op::STOP) => self.finish().map(Some),
                (_, opcode) => self.step(opcode).map(|()| None),
            });
            match done {
                Ok(None) => {}
                Ok(Some(root)) => return Ok(root),
                Err(error) => {
                    self.at = start;
                    return Err(error);
                }
            }
        }
        damaged(format!("it goes on after {MAX_STEPS} steps"))
    }

    fn protocol(&mut self) -> Step<()> {
        match self.byte()? {
            PROTOCOL => Ok(()),
            other => damaged(format!(
                "its protocol is {other}, and 2 is read; save it without `pickle_protocol`"
            )),
        }
    }

    fn finish(&mut self) -> Step<Value<'a>> {
        match (&self.stack[..], &self.marks[..]) {
            (&[root], []) => Ok(root),
            _ => damaged("it does not end with one object"),
        }
    }

    fn step(&mut self, opcode: u8) -> Step<()> {
        match opcode {
            op::NONE => self.push(Value::None),
            op::NEWTRUE => self.push(Value::Bool(true)),
            op::NEWFALSE => self.push(Value::Bool(false)),
            op::BININT => self.array().map(|bytes| self.int(i32::from_le_bytes(bytes)))?,
            op::BININT1 => self.byte().map(|value| self.int(value))?,
            op::BININT2 => self.array().map(|bytes| self.int(u16::from_le_bytes(bytes)))?,
            op::LONG1 => self.long()?,
            op::BINFLOAT => {
                let value = f64::from_be_bytes(self.array()?);
                self.push(Value::Float(value));
            }
            op::BINUNICODE | op::BINSTRING => {
                let len = u32::from_le_bytes(self.array()?);
                self.text(len as usize)?;
            }
            op::SHORT_BINSTRING => {
                let len = self.byte()?;
                self.text(len.into())?;
            }
            op::EMPTY_DICT => self.put_in_heap(Object::Dict(Vec::new())),
            op::EMPTY_LIST => self.put_in_heap(Object::List(Vec::new())),
            op::EMPTY_TUPLE => self.put_in_heap(Object::Tuple(Vec::new())),
            op::MARK => self.marks.push(self.stack.len()),
            op::TUPLE => {
                let items = self.above_mark()?;
                self.put_in_heap(Object::Tuple(items));
            }
            op::TUPLE1 => self.tuple(1)?,
            op::TUPLE2 => self.tuple(2)?,
            op::TUPLE3 => self.tuple(3)?,
            op::APPEND => {
                let item = self.pop()?;
                self.list()?.push(item);
            }
            op::APPENDS => {
                let items = self.above_mark()?;
                self.list()?.extend(items);
            }
            op::SETITEM => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.dict()?.push((key, value));
            }
            op::SETITEMS => self.set_items()?,
            op::BINPUT => {
                let key = self.byte()?;
                self.remember(key.into())?;
            }
            op::LONG_BINPUT => {
                let key = u32::from_le_bytes(self.array()?);
                self.remember(key)?;
            }
            op::BINGET => {
                let key = self.byte()?;
                self.recall(key.into())?;
            }
            op::LONG_BINGET => {
                let key = u32::from_le_bytes(self.array()?);
                self.recall(key)?;
            }
            op::GLOBAL => self.global()?,
            op::REDUCE => {
                let (args, function) = (self.pop()?, self.pop()?);
                let made = calls::call(&mut self.heap, &mut self.left, function, args)?;
                self.push(made);
            }
            op::BUILD => self.build()?,
            op::BINPERSID => {
                let id = self.pop()?;
                let storage = calls::storage(&self.heap, id)?;
                self.put_in_heap(Object::Storage(storage));
            }
            other => return unknown(other),
        }
        Ok(())
    }

    fn byte(&mut self) -> Step<u8> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        let rest = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk);
        match rest {
            None => damaged("it is cut short"),
            Some(array) => {
                self.at += N;
                Ok(*array)
            }
        }
    }

    fn slice(&mut self, len: usize) -> Step<&'a [u8]> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..len)) {
            None => damaged("it is cut short"),
            Some(slice) => {
                self.at += len;
                Ok(slice)
            }
        }
    }

    fn text(&mut self, len: usize) -> Step<()> {
        match str::from_utf8(self.slice(len)?) {
            Err(_) => damaged("a text is not UTF-8"),
            Ok(text) => {
                self.push(Value::Text(text));
                Ok(())
            }
        }
    }

    /// Two's complement of any length, the least byte first.
    fn long(&mut self) -> Step<()> {
        let len = usize::from(self.byte()?);
        let bytes = self.slice(len)?;
        if len > MAX_INT {
            return damaged(format!("a whole number of {len} bytes"));
        }
        let is_negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut whole = [if is_negative { 0xff } else { 0 }; MAX_INT];
        whole[..len].copy_from_slice(bytes);
        self.push(Value::Int(i128::from_le_bytes(whole)));
        Ok(())
    }

    /// Two lines: a module and what is in it.
    fn global(&mut self) -> Step<()> {
        let (module, name) = (self.line()?, self.line()?);
        match Global::find(module, name) {
            None => Err(PickleError::Foreign(format!("{}.{}", visible(module), visible(name)))),
            Some(global) => {
                self.push(Value::Global(global));
                Ok(())
            }
        }
    }

    fn line(&mut self) -> Step<&'a str> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.iter().take(MAX_GLOBAL).position(|&byte| byte == b'\n');
        let Some(len) = len else { return damaged("a name that does not end") };
        let Ok(line) = str::from_utf8(self.slice(len)?) else {
            return damaged("a name is not UTF-8");
        };
        self.at += 1;
        Ok(line)
    }

    fn push(&mut self, value: Value<'a>) {
        self.stack.push(value);
    }

    fn int(&mut self, value: impl Into<i128>) {
        self.push(Value::Int(value.into()));
    }

    fn put_in_heap(&mut self, object: Object<'a>) {
        self.push(Value::Heap(self.heap.len()));
        self.heap.push(object);
    }

    /// Never something from below the last mark.
    fn pop(&mut self) -> Step<Value<'a>> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = if self.stack.len() > floor { self.stack.pop() } else { None };
        top.map_or_else(|| damaged("something is missing on its stack"), Ok)
    }

    fn above_mark(&mut self) -> Step<Vec<Value<'a>>> {
        match self.marks.pop() {
            None => damaged("a mark is missing on its stack"),
            Some(mark) => Ok(self.stack.split_off(mark)),
        }
    }

    fn tuple(&mut self, len: usize) -> Step<()> {
        let mut items = Vec::with_capacity(len);
        for _ in 0..len {
            items.push(self.pop()?);
        }
        items.reverse();
        self.put_in_heap(Object::Tuple(items));
        Ok(())
    }

    /// What lies on top, to be changed.
    fn top(&mut self) -> Option<&mut Object<'a>> {
        let Some(&Value::Heap(index)) = self.stack.last() else { return None };
        self.heap.get_mut(index)
    }

    fn list(&mut self) -> Step<&mut Vec<Value<'a>>> {
        match self.top() {
            Some(Object::List(items)) => Ok(items),
            _ => damaged("it appends to what is no list"),
        }
    }

    fn dict(&mut self) -> Step<&mut Vec<(Value<'a>, Value<'a>)>> {
        match self.top() {
            Some(Object::Dict(entries)) => Ok(entries),
            _ => damaged("it sets items of what is no dictionary"),
        }
    }

    fn set_items(&mut self) -> Step<()> {
        let items = self.above_mark()?;
        let (pairs, []) = items.as_chunks() else { return damaged("a key has no value") };
        self.dict()?.extend(pairs.iter().map(|&[key, value]| (key, value)));
        Ok(())
    }

    fn remember(&mut self, key: u32) -> Step<()> {
        match self.stack.last() {
            None => damaged("something is missing on its stack"),
            Some(&top) => {
                self.memo.insert(key, top);
                Ok(())
            }
        }
    }

    fn recall(&mut self, key: u32) -> Step<()> {
        match self.memo.get(&key) {
            None => damaged(format!("it recalls {key}, which it never had")),
            Some(&value) => {
                self.push(value);
                Ok(())
            }
        }
    }

    /// A state dict carries versions of its modules, as attributes. They are no weights.
    fn build(&mut self) -> Step<()> {
        let state = self.pop()?;
        let is_dict = matches!(state, Value::Heap(index)
            if matches!(self.heap.get(index), Some(Object::Dict(_))));
        match self.top() {
            Some(Object::Dict(_)) if is_dict => Ok(()),
            _ => damaged("it sets attributes of what is no dictionary"),
        }
    }
}

fn unknown(opcode: u8) -> Step<()> {
    let what = if op::is_another_call(opcode) {
        "makes an object in a way that `torch.save` never does; nothing was run"
    } else if op::is_newer(opcode) {
        "is of a newer protocol; save it without `pickle_protocol`"
    } else {
        "is none that `torch.save` writes"
    };
    damaged(format!("opcode {opcode:#04x} {what}"))
}
