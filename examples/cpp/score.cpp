// Scores a csv file with a model that export_onnx wrote: score MODEL.onnx EVENTS.csv > SCORES.csv
// The model is tested first, on the reference events in its metadata. Tables of features only.
// A cross-fit picks the network of an event by its number; of a file without one it gives the mean.
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// Names in lines, cells of a csv file.
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

// A float of a cell; NaN where there is none.
float to_float(const std::string& cell) { return cell.empty() ? NAN : std::stof(cell); }

// An event number of any sign: one beyond 2**63 has the bits of a negative one.
std::int64_t to_number(const std::string& cell) {
  std::size_t end = 0;
  const bool negative = cell.find('-') != std::string::npos;
  const auto number = negative ? std::stoll(cell, &end) : static_cast<std::int64_t>(std::stoull(cell, &end));
  if (end != cell.size()) throw std::runtime_error("an event number is a whole number, got " + cell);
  return number;
}

// Type and shape in the first line, then the numbers.
template <class Read>
auto numbers(const std::string& text, Read read) {
  std::vector<decltype(read(text))> found;
  std::istringstream in(text.substr(text.find('\n') + 1));
  for (std::string number; in >> number;) found.push_back(read(number));
  return found;
}

class Model {
 public:
  explicit Model(const std::string& path) : session_(env_, path.c_str(), Ort::SessionOptions{}) {
    features = split(text("features"), '\n');
    classes = split(text("classes"), '\n');
    number_columns = split(text("event_number"), '\n');
    const auto x = numbers(text("reference.features"), to_float);
    std::vector<std::int64_t> events;
    if (!number_columns.empty()) events = numbers(text("reference.event_number"), to_number);
    const auto wanted = numbers(text("reference.probabilities"), to_float), got = predict(x, events);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (!(std::abs(got[i] - wanted[i]) < 1e-5)) throw std::runtime_error("self-test failed");
  }

  // Probabilities, one row per event, from features, one row per event; of a cross-fit, from the
  // event numbers too, or else the mean of its networks.
  std::vector<float> predict(std::vector<float> x, std::vector<std::int64_t> events) {
    const auto n = static_cast<std::int64_t>(x.size() / features.size());
    const auto width = static_cast<std::int64_t>(features.size());
    const auto n_numbers = static_cast<std::int64_t>(number_columns.size());
    const char* out = n_numbers && events.empty() ? "mean_probabilities" : "probabilities";
    events.resize(n * n_numbers);
    const std::array<std::int64_t, 2> shape{n, width}, of_numbers{n, n_numbers};
    std::vector<const char*> names{"features"};
    std::vector<Ort::Value> inputs;
    inputs.push_back(Ort::Value::CreateTensor<float>(memory_, x.data(), x.size(), shape.data(), 2));
    if (n_numbers) {
      names.push_back("event_number");
      inputs.push_back(Ort::Value::CreateTensor<std::int64_t>(memory_, events.data(), events.size(),
                                                              of_numbers.data(), 2));
    }
    auto result =
        session_.Run(Ort::RunOptions{}, names.data(), inputs.data(), inputs.size(), &out, 1);
    const float* first = result[0].GetTensorData<float>();
    return {first, first + result[0].GetTensorTypeAndShapeInfo().GetElementCount()};
  }

  std::vector<std::string> features, classes, number_columns;

 private:
  std::string text(const std::string& key) {
    Ort::AllocatorWithDefaultOptions allocator;
    const auto value = session_.GetModelMetadata().LookupCustomMetadataMapAllocated(
        ("skhep_nn." + key).c_str(), allocator);
    if (!value) throw std::runtime_error("the model has no metadata skhep_nn." + key);
    return value.get();
  }

  Ort::Env env_{ORT_LOGGING_LEVEL_WARNING, "score"};
  Ort::Session session_;
  Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
};

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: score MODEL.onnx EVENTS.csv");
  Model model(argv[1]);
  std::ifstream file(argv[2]);
  std::string line;
  std::getline(file, line);
  const auto header = split(line, ',');
  const auto places = [&](const std::vector<std::string>& names, bool needed) {
    std::vector<std::size_t> found;
    for (const auto& name : names) {
      const auto at = std::find(header.begin(), header.end(), name);
      if (at != header.end()) found.push_back(at - header.begin());
      else if (needed) throw std::runtime_error("the file has no column " + name);
    }
    return found;
  };
  const auto of_features = places(model.features, true);
  auto of_numbers = places(model.number_columns, false);
  if (!of_numbers.empty()) of_numbers = places(model.number_columns, true);
  for (const auto& label : model.classes) std::cout << (&label == &model.classes[0] ? "" : ",") << label;
  std::cout.precision(9);
  while (std::getline(file, line)) {
    const auto cells = split(line, ',');
    std::vector<float> x;
    std::vector<std::int64_t> events;
    for (const auto at : of_features) x.push_back(at < cells.size() ? to_float(cells[at]) : NAN);
    for (const auto at : of_numbers) events.push_back(to_number(cells.at(at)));
    const auto p = model.predict(x, events);
    for (std::size_t i = 0; i < p.size(); ++i) std::cout << (i ? "," : "\n") << p[i];
  }
  std::cout << "\n";
} catch (const std::exception& error) {
  std::cerr << "score: " << error.what() << "\n";
  return 1;
}
