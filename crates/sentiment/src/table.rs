//! A table that was laid out at build time or, with an overlay, when it was loaded.

use std::ops::Deref;

/// The table.
#[derive(Debug, Clone)]
pub(crate) enum Table<T: 'static, const N: usize> {
    /// In the program's own file.
    Built(&'static [T; N]),
    /// In memory.
    Loaded(Box<[T; N]>),
}

impl<T: std::fmt::Debug, const N: usize> Table<T, N> {
    /// A table of these items.
    ///
    /// # Panics
    ///
    /// When they are not `N`.
    pub(crate) fn new(items: Vec<T>) -> Self {
        Self::Loaded(
            items
                .into_boxed_slice()
                .try_into()
                .expect("a table's length is known where it is made"),
        )
    }
}

impl<T, const N: usize> Deref for Table<T, N> {
    type Target = [T; N];

    #[inline(always)]
    fn deref(&self) -> &[T; N] {
        match self {
            Self::Built(items) => items,
            Self::Loaded(items) => items,
        }
    }
}
