import Control

/// The error that a body throws, for tests that look into it.
func refusal(_ body: () throws(ControlError) -> Void) -> ControlError? {
  do throws(ControlError) {
    try body()
    return nil
  } catch {
    return error
  }
}

func text(_ line: [UInt8]) -> String {
  String(decoding: line, as: UTF8.self)
}

func bytes(_ text: String) -> [UInt8] {
  Array(text.utf8)
}
