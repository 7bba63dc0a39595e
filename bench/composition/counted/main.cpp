// Runs the pairs that were added, each half between two requests to callgrind.
#include "counted.hpp"

int main() {
  for (const auto& pair : composition::the_pairs()) pair();
}
