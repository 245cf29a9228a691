/// The parameters of a method that needs none.
package struct NoParams: Codable, Hashable, Sendable {
  package init() {}
}
