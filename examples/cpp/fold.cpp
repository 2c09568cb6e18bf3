// The fold of events by their numbers, as EventNumberFold has it: fold N_FOLDS [SALT] < NUMBERS
// A line of NUMBERS is an event: whole numbers with blanks between them, e.g. run and event number.
#include <cstdint>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// With hash="mix"; a number with sign counts as its two's complement.
std::uint64_t fold(const std::vector<std::uint64_t>& numbers, std::uint64_t n_folds, std::uint64_t salt = 0) {
  std::uint64_t hash = salt;
  for (const auto number : numbers) hash = mix(hash + number);
  return hash % n_folds;
}

std::uint64_t bits(const std::string& text) {
  std::size_t end = 0;
  const auto number = text[0] == '-' ? static_cast<std::uint64_t>(std::stoll(text, &end)) : std::stoull(text, &end);
  if (end != text.size()) throw std::runtime_error("an event number is a whole number, got " + text);
  return number;
}

int main(int argc, char** argv) try {
  if (argc < 2 || argc > 3) throw std::runtime_error("usage: fold N_FOLDS [SALT] < NUMBERS");
  const auto n_folds = bits(argv[1]), salt = argc == 3 ? bits(argv[2]) : 0;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::vector<std::uint64_t> numbers;
    for (std::string number; in >> number;) numbers.push_back(bits(number));
    std::cout << fold(numbers, n_folds, salt) << "\n";
  }
} catch (const std::exception& error) {
  std::cerr << "fold: " << error.what() << "\n";
  return 1;
}
