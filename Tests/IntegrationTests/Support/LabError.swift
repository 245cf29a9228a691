/// Why a test could not do what it meant to do, as a sentence.
struct LabError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
