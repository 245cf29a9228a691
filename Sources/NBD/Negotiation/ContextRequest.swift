/// The data of LIST_META_CONTEXT and SET_META_CONTEXT: a name and what the client wants to know.
struct ContextRequest {
  let name: [UInt8]
  /// It asked for everything, for all of `base:`, or for `base:allocation`.
  let lists: Bool
  /// `base:allocation` was named in full, once or often: it is chosen once.
  let selects: Bool

  /// Every inner length must account for exactly the bytes that came. Queries for what is not there are
  /// passed over, as the protocol demands.
  init(parsing data: [UInt8]) throws(ContextRequestError) {
    var reader = ByteReader(data)
    guard let nameBytes = reader.integer(UInt32.self),
      let name = reader.bytes(count: Int(nameBytes)),
      let count = reader.integer(UInt32.self)
    else { throw .malformed }
    guard WireText.isLegal(name) else { throw .illegalName }
    var asksForAll = count == 0
    var selects = false
    // A query takes at least the four bytes of its length, so that the count is bounded by what came.
    guard count <= reader.remainingBytes / 4 else { throw .malformed }
    for _ in 0..<count {
      guard let queryBytes = reader.integer(UInt32.self),
        let query = reader.bytes(count: Int(queryBytes))
      else { throw .malformed }
      guard WireText.isLegal(query) else { throw .illegalQuery }
      if query.elementsEqual(AllocationExtent.contextName.utf8) { selects = true }
      if query.elementsEqual("base:".utf8) { asksForAll = true }
    }
    guard reader.remainingBytes == 0 else { throw .malformed }
    self.name = Array(name)
    self.selects = selects
    lists = asksForAll || selects
  }
}
