/// The options whose data is kept.
enum CollectedOption {
  case exportName
  case info
  case go
  case listContexts
  case setContexts
}
