#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace armillion::engine {

template <class Signature>
class Hook;

/// A function of the host, or none. It may replace or remove itself while it runs.
template <class Result, class... Arguments>
class Hook<Result(Arguments...)> {
 public:
  using Function = std::function<Result(Arguments...)>;

  void set(Function function) {
    function_ = function ? std::make_shared<const Function>(std::move(function)) : nullptr;
  }

  explicit operator bool() const { return function_ != nullptr; }

  Result operator()(Arguments... arguments) const {
    const auto running = function_;
    return (*running)(std::forward<Arguments>(arguments)...);
  }

 private:
  std::shared_ptr<const Function> function_;
};

}  // namespace armillion::engine
