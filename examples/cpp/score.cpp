// Scores a csv file with a model that export_onnx wrote: score MODEL.onnx EVENTS.csv > SCORES.csv
// The model is tested first, on the reference events in its metadata. Tables of features only.
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

// Type and shape in the first line, then the numbers.
std::vector<float> numbers(const std::string& text) {
  std::vector<float> found;
  std::istringstream in(text.substr(text.find('\n') + 1));
  for (std::string number; in >> number;) found.push_back(std::stof(number));
  return found;
}

class Model {
 public:
  explicit Model(const std::string& path) : session_(env_, path.c_str(), Ort::SessionOptions{}) {
    features = split(text("features"), '\n');
    classes = split(text("classes"), '\n');
    const auto x = numbers(text("reference.features"));
    const auto wanted = numbers(text("reference.probabilities")), got = predict(x);
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (!(std::abs(got[i] - wanted[i]) < 1e-5)) throw std::runtime_error("self-test failed");
  }

  // Probabilities, one row per event, from features, one row per event.
  std::vector<float> predict(std::vector<float> x) {
    const std::array<std::int64_t, 2> shape{static_cast<std::int64_t>(x.size() / features.size()),
                                            static_cast<std::int64_t>(features.size())};
    const auto input = Ort::Value::CreateTensor<float>(memory_, x.data(), x.size(), shape.data(), 2);
    const char *in = "features", *out = "probabilities";
    auto result = session_.Run(Ort::RunOptions{}, &in, &input, 1, &out, 1);
    const float* first = result[0].GetTensorData<float>();
    return {first, first + result[0].GetTensorTypeAndShapeInfo().GetElementCount()};
  }

  std::vector<std::string> features, classes;

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
  std::vector<std::size_t> places;
  for (const auto& name : model.features) {
    const auto at = std::find(header.begin(), header.end(), name);
    if (at == header.end()) throw std::runtime_error("the file has no column " + name);
    places.push_back(at - header.begin());
  }
  for (const auto& label : model.classes) std::cout << (&label == &model.classes[0] ? "" : ",") << label;
  std::cout.precision(9);
  while (std::getline(file, line)) {
    const auto cells = split(line, ',');
    std::vector<float> x;
    for (const auto at : places)
      x.push_back(at < cells.size() && !cells[at].empty() ? std::stof(cells[at]) : NAN);
    const auto p = model.predict(x);
    for (std::size_t i = 0; i < p.size(); ++i) std::cout << (i ? "," : "\n") << p[i];
  }
  std::cout << "\n";
} catch (const std::exception& error) {
  std::cerr << "score: " << error.what() << "\n";
  return 1;
}
