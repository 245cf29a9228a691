/// The part of a request that has the same shape in every version and for every method.
///
/// It is decoded first and leniently: a request that will be refused still has an `id` which its
/// refusal must carry.
package struct RequestHeader: Codable, Hashable, Sendable {
  package let id: Int
  package let method: String
  package let version: Int

  package init(id: Int, method: String, version: Int = Wire.version) {
    self.id = id
    self.method = method
    self.version = version
  }
}
