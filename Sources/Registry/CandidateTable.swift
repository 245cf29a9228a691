/// Every candidate by its path, with indexes by what it can be asked for: an arrival costs the same among a hundred as
/// among ten thousand.
package struct CandidateTable: Sendable {
  private var rows: [String: Candidate] = [:]
  private var byKernelName: [String: String] = [:]
  private var byUUID: [String: Set<String>] = [:]
  /// The paths in the order in which people read them; made when it is asked for.
  private var ordered: [String]?

  package init() {}

  package var count: Int { rows.count }

  package subscript(_ path: String) -> Candidate? { rows[path] }

  /// The path of a block device, by the name that the kernel has for it.
  package func path(ofKernelName name: String) -> String? { byKernelName[name] }

  /// Paths that show the label of a device, in order.
  package func paths(ofUUID uuid: String) -> [String] {
    (byUUID[uuid] ?? []).sorted(by: Self.inOrder)
  }

  /// All of them, in order.
  package mutating func candidates() -> [Candidate] {
    let paths = ordered ?? rows.keys.sorted(by: Self.inOrder)
    ordered = paths
    return paths.compactMap { rows[$0] }
  }

  package var paths: Set<String> { Set(rows.keys) }

  /// Makes sure that there is a row; true when it is new.
  @discardableResult
  package mutating func enter(_ path: String) -> Bool {
    guard rows[path] == nil else { return false }
    rows[path] = Candidate(path: path)
    ordered = nil
    return true
  }

  /// Replaces what is known of a candidate, which may be new.
  package mutating func set(_ candidate: Candidate) {
    enter(candidate.path)
    unindex(candidate.path)
    rows[candidate.path] = candidate
    if let name = candidate.identity?.kernelName { byKernelName[name] = candidate.path }
    if let uuid = candidate.uuid { byUUID[uuid, default: []].insert(candidate.path) }
  }

  /// What was known of it, or nil when it was no candidate.
  @discardableResult
  package mutating func remove(_ path: String) -> Candidate? {
    unindex(path)
    guard let candidate = rows.removeValue(forKey: path) else { return nil }
    ordered = nil
    return candidate
  }

  private mutating func unindex(_ path: String) {
    guard let old = rows[path] else { return }
    if let name = old.identity?.kernelName, byKernelName[name] == path {
      byKernelName.removeValue(forKey: name)
    }
    guard let uuid = old.uuid else { return }
    byUUID[uuid]?.remove(path)
    if byUUID[uuid]?.isEmpty == true { byUUID.removeValue(forKey: uuid) }
  }

  /// `sdb` before `sdaa`, `loop9` before `loop10`.
  private static func inOrder(_ left: String, _ right: String) -> Bool {
    let (one, other) = (left.utf8.count, right.utf8.count)
    return one == other ? left < right : one < other
  }

  /// Whether every index says what the rows say; for tests.
  package var isConsistent: Bool {
    for (path, row) in rows {
      if row.path != path { return false }
      if let uuid = row.uuid, byUUID[uuid]?.contains(path) != true { return false }
    }
    for (name, path) in byKernelName where rows[path]?.identity?.kernelName != name { return false }
    for (uuid, paths) in byUUID {
      if paths.isEmpty || !paths.allSatisfy({ rows[$0]?.uuid == uuid }) { return false }
    }
    return ordered.map { Set($0) == paths && $0.count == rows.count } ?? true
  }
}
