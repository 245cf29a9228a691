/// What can be wrong with the data of LIST_META_CONTEXT and SET_META_CONTEXT.
enum ContextRequestError: Error {
  case malformed
  case illegalName
  case illegalQuery

  var refusal: OptionRefusal {
    switch self {
    case .malformed: .malformedContexts
    case .illegalName: .illegalName
    case .illegalQuery: .illegalQuery
    }
  }
}
