/// What to do about labelled media that were found: attach them to running devices, or make devices of them.
package enum TastePlan {
  /// A medium whose taste was good.
  package struct Found: Hashable, Sendable {
    /// The full name of the path.
    package let path: String
    package let record: LabelRecord
    package let sectorBytes: UInt32

    package init(path: String, record: LabelRecord, sectorBytes: UInt32) {
      self.path = path
      self.record = record
      self.sectorBytes = sectorBytes
    }
  }

  /// One thing to be done.
  package enum Step: Hashable, Sendable {
    /// Attach a path to the running device with this uuid.
    case attach(path: String, uuid: LabelUUID)
    /// Make a device of these paths, which all show its label; the first becomes the active one.
    case create(name: String, paths: [Found])
  }

  /// The steps, in an order that depends on the media alone and not on the order in which they were found.
  ///
  /// - Parameters:
  ///   - running: The uuids of devices that run.
  ///   - isFree: Whether a device may take this name now.
  package static func steps(
    _ found: [Found], running: Set<LabelUUID>, isFree: (String) -> Bool
  ) -> [Step] {
    var steps: [Step] = []
    var groups: [(uuid: LabelUUID, paths: [Found])] = []
    var places: [LabelUUID: Int] = [:]
    for one in found.sorted(by: { inOrder($0.path, $1.path) }) {
      if running.contains(one.record.uuid) {
        steps.append(.attach(path: one.path, uuid: one.record.uuid))
      } else if let index = places[one.record.uuid] {
        groups[index].paths.append(one)
      } else {
        places[one.record.uuid] = groups.count
        groups.append((one.record.uuid, [one]))
      }
    }
    var taken: Set<String> = []
    for group in groups.sorted(by: { $0.uuid < $1.uuid }) {
      guard let first = group.paths.first else { continue }
      let name = DeviceNaming.name(for: first.record.name) { isFree($0) && !taken.contains($0) }
      taken.insert(name)
      steps.append(.create(name: name, paths: group.paths))
    }
    return steps
  }

  /// `sdb` before `sdaa`, `loop9` before `loop10`.
  package static func inOrder(_ left: String, _ right: String) -> Bool {
    let (one, other) = (left.utf8.count, right.utf8.count)
    return one == other ? left < right : one < other
  }
}
