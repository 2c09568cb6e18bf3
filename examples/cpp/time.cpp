// Microseconds for one event: time_one MODEL.onnx N. The event is the model's first reference event.
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  Ort::Env env{ORT_LOGGING_LEVEL_WARNING, "time"};
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  Ort::Session session{env, argv[1], options};
  Ort::AllocatorWithDefaultOptions allocator;
  const auto text =
      session.GetModelMetadata().LookupCustomMetadataMapAllocated("skhep_nn.reference.features", allocator);
  std::istringstream in(text.get());
  std::string type;
  std::int64_t n_events, n_features;
  in >> type >> n_events >> n_features;
  std::vector<float> x(n_features);
  for (auto& value : x) {
    std::string number;
    in >> number;
    value = std::stof(number);
  }
  const std::vector<std::int64_t> shape{1, n_features};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const auto input =
      Ort::Value::CreateTensor<float>(memory, x.data(), x.size(), shape.data(), shape.size());
  const char *from = "features", *to = "probabilities";
  std::vector<double> micros;
  for (int i = 0; i < std::stoi(argv[2]); ++i) {
    const auto start = std::chrono::steady_clock::now();
    session.Run(Ort::RunOptions{}, &from, &input, 1, &to, 1);
    const std::chrono::duration<double, std::micro> passed = std::chrono::steady_clock::now() - start;
    micros.push_back(passed.count());
  }
  std::nth_element(micros.begin(), micros.begin() + micros.size() / 2, micros.end());
  std::cout << micros[micros.size() / 2] << "\n";
}
