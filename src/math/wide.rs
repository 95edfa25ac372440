//! Loops for wide vectors, where the processor has them.

/// Compiles a function for wide vectors too, and calls what the processor has. The module of the function's name has the one for any processor.
/// Both give the same bits: nothing is fused or regrouped but where the code says so.
macro_rules! wide {
    ($(#[$doc:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[inline(always)]
            pub(super) fn plain($($argument: $type),*) $(-> $result)? $body
        }

        $(#[$doc])*
        $vis fn $name($($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    $name::plain($($argument),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has AVX2 and FMA, as just asked; the function needs nothing else.
                    return unsafe { avx2($($argument),*) };
                }
            }
            $name::plain($($argument),*)
        }
    };
}

pub(crate) use wide;
