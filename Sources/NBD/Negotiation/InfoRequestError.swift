/// What can be wrong with the data of INFO and GO.
enum InfoRequestError: Error {
  case malformed
  case illegalName

  var refusal: OptionRefusal {
    switch self {
    case .malformed: .malformedInfo
    case .illegalName: .illegalName
    }
  }
}
