/// What came back for a request.
package struct Reply<Result: Sendable>: Sendable {
  /// The request's `id`, or `Wire.unknownID` when the daemon could not read one.
  package let id: Int
  package let outcome: Swift.Result<Result, ControlError>
}

extension Reply: Equatable where Result: Equatable {}
