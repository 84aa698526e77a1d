//! The opcodes of protocol 2 that `torch.save` writes, and texts of Python 2.

pub(super) const APPEND: u8 = b'a';
pub(super) const APPENDS: u8 = b'e';
pub(super) const BINFLOAT: u8 = b'G';
pub(super) const BINGET: u8 = b'h';
pub(super) const BININT: u8 = b'J';
pub(super) const BININT1: u8 = b'K';
pub(super) const BININT2: u8 = b'M';
pub(super) const BINPERSID: u8 = b'Q';
pub(super) const BINPUT: u8 = b'q';
pub(super) const BINSTRING: u8 = b'T';
pub(super) const BINUNICODE: u8 = b'X';
pub(super) const BUILD: u8 = b'b';
pub(super) const EMPTY_DICT: u8 = b'}';
pub(super) const EMPTY_LIST: u8 = b']';
pub(super) const EMPTY_TUPLE: u8 = b')';
pub(super) const GLOBAL: u8 = b'c';
pub(super) const LONG1: u8 = 0x8a;
pub(super) const LONG_BINGET: u8 = b'j';
pub(super) const LONG_BINPUT: u8 = b'r';
pub(super) const MARK: u8 = b'(';
pub(super) const NEWFALSE: u8 = 0x89;
pub(super) const NEWTRUE: u8 = 0x88;
pub(super) const NONE: u8 = b'N';
pub(super) const PROTO: u8 = 0x80;
pub(super) const REDUCE: u8 = b'R';
pub(super) const SETITEM: u8 = b's';
pub(super) const SETITEMS: u8 = b'u';
pub(super) const SHORT_BINSTRING: u8 = b'U';
pub(super) const STOP: u8 = b'.';
pub(super) const TUPLE: u8 = b't';
pub(super) const TUPLE1: u8 = 0x85;
pub(super) const TUPLE2: u8 = 0x86;
pub(super) const TUPLE3: u8 = 0x87;

/// What only newer protocols have. A file of theirs can be saved anew.
pub(super) fn is_newer(opcode: u8) -> bool {
    // 3: bytes; 4 and 5: frames, short texts, sets, globals from the stack, buffers.
    matches!(opcode, b'B' | b'C' | 0x8c..=0x98)
}

/// What asks for an object by other ways than GLOBAL and REDUCE: INST, OBJ, NEWOBJ, EXT1 to EXT4.
pub(super) fn is_another_call(opcode: u8) -> bool {
    matches!(opcode, b'i' | b'o' | 0x81..=0x84)
}
