#pragma once
// What a pickle of a state dict holds once it is read, and the functions that such a pickle may name.
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>
#include <weft/base/index.hpp>
#include <weft/io/dtype.hpp>

namespace weft::inline WEFT_INLINE_NAMESPACE {

/// What a pickle holds, as far as a state dict needs it.
struct pickle_value {
  enum kinds : unsigned char {
    none,
    boolean,
    integer,
    real,
    text,
    tuple,
    sequence,
    dictionary,
    function,
    storage,
    tensor,
    wide_integer
  };
  kinds kind = none;
  std::int64_t number = 0;  ///< an integer or boolean; of other kinds the place in pickle_content's tables
  std::string_view bytes;   ///< a text, or a wide integer's bytes, little-endian; inside the pickle
};

/// A block of numbers that tensors are views of. Its bytes lie elsewhere, under its key.
struct pickle_storage {
  dtype type;
  std::string_view key;
  index_t count;  ///< elements
};

/// A view of a storage, as torch._utils._rebuild_tensor_v2 has it; nothing is compared with the storage's size yet.
struct pickle_tensor {
  index_t storage;  ///< its place among the storages
  index_t offset;   ///< elements
  std::vector<index_t> shape, strides;
};

/// Values refer to the bytes that were read, and to each other by their places here; they may form cycles.
struct pickle_content {
  pickle_value root;
  std::vector<std::vector<pickle_value>> containers;  ///< of dictionaries key, value, key, value
  std::vector<pickle_storage> storages;
  std::vector<pickle_tensor> tensors;
  index_t size = 0;  ///< bytes up to its end

  const std::vector<pickle_value>& inside(const pickle_value& container) const {
    return containers[static_cast<std::size_t>(container.number)];
  }
};

namespace detail {

/// What a pickle may name. Anything else is refused before it could be of use.
struct pickle_function {
  enum meanings { ordered_dictionary, rebuild_tensor, rebuild_parameter, storage_type };
  std::string_view module, name;
  meanings meaning = storage_type;
  dtype type = dtype::u8;
};
inline constexpr std::array<pickle_function, 16> pickle_functions{{
    {"collections", "OrderedDict", pickle_function::ordered_dictionary},
    {"torch._utils", "_rebuild_tensor_v2", pickle_function::rebuild_tensor},
    {"torch._utils", "_rebuild_parameter", pickle_function::rebuild_parameter},
    {"torch", "FloatStorage", pickle_function::storage_type, dtype::f32},
    {"torch", "HalfStorage", pickle_function::storage_type, dtype::f16},
    {"torch", "BFloat16Storage", pickle_function::storage_type, dtype::bf16},
    {"torch", "DoubleStorage", pickle_function::storage_type, dtype::f64},
    {"torch", "BoolStorage", pickle_function::storage_type, dtype::boolean},
    {"torch", "ByteStorage", pickle_function::storage_type, dtype::u8},
    {"torch", "CharStorage", pickle_function::storage_type, dtype::i8},
    {"torch", "ShortStorage", pickle_function::storage_type, dtype::i16},
    {"torch", "IntStorage", pickle_function::storage_type, dtype::i32},
    {"torch", "LongStorage", pickle_function::storage_type, dtype::i64},
    {"torch", "ComplexFloatStorage", pickle_function::storage_type, dtype::c64},
    {"torch", "UntypedStorage", pickle_function::storage_type, dtype::u8},
    {"torch.storage", "UntypedStorage", pickle_function::storage_type, dtype::u8},
}};

}  // namespace detail

}  // namespace weft
