//! The three C structs of the Arrow C data and stream interfaces, as the specification prints them, and their reading without trust in null pointers.
//!
//! `polars_arrow::ffi` has the same structs with private fields and panics on schemas that it does not know; a look at the schema first is what lets
//! a column be refused by name.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

/// `struct ArrowSchema`: the type of a column, or of a record of columns.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Schema,
    dictionary: *mut Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

/// `struct ArrowArray`: the buffers of a column, or of a record of columns.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Array {
    pub(super) length: i64,
    pub(super) null_count: i64,
    pub(super) offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Array,
    dictionary: *mut Array,
    release: Option<unsafe extern "C" fn(*mut Array)>,
    private_data: *mut c_void,
}

/// `struct ArrowArrayStream`: a source of arrays of one type.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Stream {
    get_schema: Option<unsafe extern "C" fn(*mut Stream, *mut Schema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut Stream, *mut Array) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut Stream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut Stream)>,
    private_data: *mut c_void,
}

// SAFETY: the interface lets a consumer move a stream between threads; it must only not call it from two at once, and `&Stream` calls nothing.
unsafe impl Send for Stream {}

impl Stream {
    pub(super) const fn released() -> Self {
        Self { get_schema: None, get_next: None, get_last_error: None, release: None, private_data: ptr::null_mut() }
    }

    /// The type of the stream's arrays.
    pub(super) fn schema(&mut self) -> Result<Schema, String> {
        let get_schema = self.live().and(self.get_schema).ok_or("the stream was already read")?;
        let mut schema = Schema {
            format: ptr::null(),
            name: ptr::null(),
            metadata: ptr::null(),
            flags: 0,
            n_children: 0,
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        };
        // SAFETY: a live stream's own function, called with the stream and a writable struct.
        match unsafe { get_schema(self, &mut schema) } {
            0 => Ok(schema),
            code => Err(self.last_error(code)),
        }
    }

    /// The next array, `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Array>, String> {
        let get_next = self.live().and(self.get_next).ok_or("the stream was already read")?;
        let mut array = Array::released();
        // SAFETY: as above.
        match unsafe { get_next(self, &mut array) } {
            0 => Ok(array.release.is_some().then_some(array)),
            code => Err(self.last_error(code)),
        }
    }

    fn live(&self) -> Option<()> {
        self.release.map(|_| ())
    }

    fn last_error(&mut self, code: c_int) -> String {
        // SAFETY: the stream is live, and the text, if any, lives until the next call.
        let text = self.get_last_error.and_then(|get| unsafe { text(get(self)) });
        text.unwrap_or_else(|| format!("error {code}"))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: a live stream is released once; the callback marks it released.
            unsafe { release(self) };
        }
    }
}

impl Schema {
    /// The format string, which says the type.
    pub(super) fn format(&self) -> String {
        // SAFETY: a live schema's format is a C string.
        unsafe { text(self.format) }.unwrap_or_default()
    }

    /// The name of the column; empty when it has none.
    pub(super) fn name(&self) -> String {
        // SAFETY: a live schema's name is null or a C string.
        unsafe { text(self.name) }.unwrap_or_default()
    }

    /// The types of the columns of a record.
    pub(super) fn children(&self) -> impl Iterator<Item = &Schema> {
        let n = if self.children.is_null() { 0 } else { usize::try_from(self.n_children).unwrap_or(0) };
        // SAFETY: a live schema has `n_children` children, which live as long as it does.
        (0..n).filter_map(|i| unsafe { (*self.children.add(i)).as_ref() })
    }

    /// The type of a dictionary's values, if the column is one.
    pub(super) fn dictionary(&self) -> Option<&Schema> {
        // SAFETY: null, or a schema that lives as long as this one.
        unsafe { self.dictionary.as_ref() }
    }

    /// The name of the extension type that the column has, if any: key `ARROW:extension:name` of the metadata.
    pub(super) fn extension(&self) -> Option<String> {
        let mut at = self.metadata.cast::<u8>();
        if at.is_null() {
            return None;
        }
        // SAFETY: metadata is a 32-bit number of pairs, and each key and value a 32-bit length and that many bytes, unaligned.
        unsafe {
            let mut piece = |length: Option<i32>| {
                let length = length.unwrap_or(4).max(0) as usize;
                let bytes = std::slice::from_raw_parts(at, length);
                at = at.add(length);
                bytes
            };
            let number = |bytes: &[u8]| bytes.try_into().map(i32::from_ne_bytes).unwrap_or(0);
            for _ in 0..number(piece(None)) {
                let key_length = number(piece(None));
                let is_name = piece(Some(key_length)) == b"ARROW:extension:name";
                let value_length = number(piece(None));
                let value = piece(Some(value_length));
                if is_name {
                    return Some(String::from_utf8_lossy(value).into_owned());
                }
            }
        }
        None
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: as for streams.
            unsafe { release(self) };
        }
    }
}

impl Array {
    const fn released() -> Self {
        Self {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: ptr::null_mut(),
            children: ptr::null_mut(),
            dictionary: ptr::null_mut(),
            release: None,
            private_data: ptr::null_mut(),
        }
    }

    /// Takes the columns out of a record. What is left of the record is released on drop, as the interface asks.
    pub(super) fn take_children(&mut self) -> Vec<Self> {
        let n = if self.children.is_null() { 0 } else { usize::try_from(self.n_children).unwrap_or(0) };
        (0..n)
            .filter_map(|i| {
                // SAFETY: a live array has `n_children` children; moving one out and marking it released is the interface's own way.
                unsafe {
                    let child = *self.children.add(i);
                    (!child.is_null()).then(|| ptr::replace(child, Self::released()))
                }
            })
            .collect()
    }

    /// Checks what `polars_arrow` takes for granted, and repairs what the interface allows but it does not: `n_buffers` buffers are there, the first `required` of them
    /// after the validity are not null, lengths are not negative, an unknown number of nulls without validity is none.
    pub(super) fn check(&mut self, n_buffers: usize, required: usize) -> Result<(), String> {
        if self.length < 0 || self.offset < 0 || self.offset.checked_add(self.length).is_none() {
            return Err(format!("an array has length {} and offset {}", self.length, self.offset));
        }
        let found = usize::try_from(self.n_buffers).unwrap_or(0);
        if found < n_buffers || (n_buffers > 0 && self.buffers.is_null()) {
            return Err(format!("an array has {found} buffers instead of {n_buffers}"));
        }
        // SAFETY: the array has at least `n_buffers` pointers.
        let buffer = |i: usize| unsafe { *self.buffers.add(i) };
        if (1..=required).any(|i| buffer(i).is_null()) {
            return Err("an array lacks a buffer".to_owned());
        }
        if n_buffers > 0 && buffer(0).is_null() {
            if self.null_count > 0 {
                return Err(format!("an array has {} nulls and says not where", self.null_count));
            }
            self.null_count = 0;
        }
        Ok(())
    }

    /// The array of a dictionary's values.
    pub(super) fn dictionary(&mut self) -> Option<&mut Self> {
        // SAFETY: null, or an array that lives as long as this one and that nobody else touches.
        unsafe { self.dictionary.as_mut() }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: as for streams.
            unsafe { release(self) };
        }
    }
}

/// The text at `address`, if it is not null.
///
/// # Safety
/// `address` is null or points to a C string.
unsafe fn text(address: *const c_char) -> Option<String> {
    // SAFETY: the caller's promise.
    (!address.is_null()).then(|| unsafe { CStr::from_ptr(address) }.to_string_lossy().into_owned())
}
