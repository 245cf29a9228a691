internal import BlockIO
internal import CLinux
internal import Control
internal import Glibc
internal import Label
internal import Reactor
internal import Registry

/// What a thread has found out about labels, for the control thread.
enum LabelAnswer: Sendable {
  case done
  /// Nothing was written, because of these.
  case foreign([ForeignMetadata])
  case refused(LabelError)
  /// What was written cannot be read back.
  case unreadable
  case failed(PathTrouble)
  case looked(Result<MediumLook, OpenFailure>)
  case candidates([String])
  /// All candidates in order, and those known ones that are none any more.
  case merged(names: [String], missing: [String])
  case watching(Int32)
}

/// Reading and writing labels, on threads that may wait for a sick medium.
enum LabelWork {
  /// Writes a label where nobody has anything to lose, and reads it back past every cache.
  ///
  /// - Parameter force: Whatever was there.
  static func write(
    _ label: DeviceLabel, through access: any SampleReader, _ medium: Geometry, force: Bool
  ) -> LabelAnswer {
    do throws(PathTrouble) {
      let found = ForeignMetadata.found(in: try ends(access, medium, label.sectorBytes))
      let obstacles = found.filter { !isSameDevice($0, label) }
      if !obstacles.isEmpty, !force { return .foreign(obstacles) }
    } catch {
      return .failed(error)
    }
    return replace(access, medium, label.sectorBytes) { old throws(LabelError) in
      try label.record.sector(ofBytes: Int(label.sectorBytes), replacing: old)
    }
  }

  /// Writes the label of a running device into the last sector of its medium, which has another size now.
  ///
  /// Only that sector is looked at, since what else is on the medium is the device's users' own.
  ///
  /// - Parameter force: Whatever was there.
  static func move(
    _ label: DeviceLabel, through access: any SampleReader, to medium: Geometry, force: Bool
  ) -> LabelAnswer {
    let length = UInt64(max(label.sectorBytes, medium.blockBytes))
    do throws(PathTrouble) {
      let tail = try access.read(medium.sizeBytes - length, Int(length))
      let found = ForeignMetadata.found(
        in: MediumEnds(
          sizeBytes: medium.sizeBytes, sectorBytes: label.sectorBytes, head: [], tail: tail))
      if !found.isEmpty, !force { return .foreign(found) }
    } catch {
      return .failed(error)
    }
    return replace(access, medium, label.sectorBytes) { _ throws(LabelError) in
      try label.record.sector(ofBytes: Int(label.sectorBytes))
    }
  }

  /// Labelling a device anew under its own name is no accident.
  private static func isSameDevice(_ found: ForeignMetadata, _ label: DeviceLabel) -> Bool {
    guard case .label(let record) = found else { return false }
    return record.name == label.record.name
  }

  /// Changes the label that is there, of the same device.
  static func rewrite(
    _ label: DeviceLabel, through access: any SampleReader, _ medium: Geometry
  ) -> LabelAnswer {
    replace(access, medium, label.sectorBytes) { old throws(LabelError) in
      guard try LabelRecord(sector: old).uuid == label.record.uuid else { throw .damagedUUID }
      return try label.record.sector(ofBytes: Int(label.sectorBytes), replacing: old)
    }
  }

  /// Zeroes the label of a device that has ended.
  static func erase(
    _ label: DeviceLabel, through access: any SampleReader, _ medium: Geometry
  ) -> LabelAnswer {
    replace(access, medium, label.sectorBytes) { old throws(LabelError) in
      guard try LabelRecord(sector: old).uuid == label.record.uuid else { throw .absent }
      return [UInt8](repeating: 0, count: Int(label.sectorBytes))
    }
  }

  /// Zeroes the sector that begins as a label does, be the rest damaged.
  static func wipe(
    through access: any SampleReader, _ medium: Geometry, kind: Taste.Kind
  ) -> LabelAnswer {
    let sectorBytes: UInt32?
    do throws(PathTrouble) {
      let tail = try tail(access, medium.sizeBytes, medium.blockBytes, kind)
      sectorBytes = Taste.labelSector(inTail: tail, blockBytes: medium.blockBytes, kind: kind)
    } catch {
      return .failed(error)
    }
    guard let sectorBytes else { return .refused(.absent) }
    return replace(access, medium, sectorBytes) { old throws(LabelError) in
      // Once more: somebody else may have been faster.
      guard LabelRecord.hasMagic(old) else { throw .absent }
      return [UInt8](repeating: 0, count: Int(sectorBytes))
    }
  }

  /// Replaces the last sector of a medium by what `change` makes of it.
  private static func replace(
    _ access: any SampleReader, _ medium: Geometry, _ sectorBytes: UInt32,
    _ change: (_ old: [UInt8]) throws(LabelError) -> [UInt8]
  ) -> LabelAnswer {
    // Direct I/O takes whole blocks only.
    let length = Int(max(sectorBytes, medium.blockBytes))
    let offset = medium.sizeBytes - UInt64(length)
    do throws(PathTrouble) {
      var block = try access.read(offset, length)
      let sector: [UInt8]
      do throws(LabelError) {
        sector = try change(Array(block.suffix(Int(sectorBytes))))
      } catch {
        return .refused(error)
      }
      block.replaceSubrange((length - sector.count)..., with: sector)
      try access.write(offset, block)
      return try access.read(offset, length) == block ? .done : .unreadable
    } catch {
      return .failed(error)
    }
  }

  /// Looks at a path's medium, without keeping it from anybody.
  ///
  /// - Parameter evenIfHeld: Whether to look at what is mounted or has something on it.
  static func look(_ name: String, evenIfHeld: Bool) -> Result<MediumLook, OpenFailure> {
    if let network = NetworkPath(stored: name) { return look(network) }
    var about = stat()
    if !evenIfHeld, unsafe stat(name, &about) == 0, about.st_mode & S_IFMT == S_IFBLK,
      mp_block_is_held(UInt64(about.st_rdev))
    {
      return .failure(OpenFailure(errno: EBUSY, isOtherKind: false, identity: nil))
    }
    var path = mp_path()
    let status = unsafe mp_path_look(name, &path)
    guard status == 0 else {
      let isOtherKind = status == Int32(MP_ERROR_KIND)
      return .failure(
        OpenFailure(
          errno: isOtherKind ? EINVAL : -status, isOtherKind: isOtherKind, identity: nil))
    }
    let isBlock = path.kind == MP_KIND_BLOCK
    // Now that it is open, the other open takes no time, not even that of finding its partitions.
    if isBlock, !evenIfHeld, unsafe mp_block_is_claimed(name) {
      PathOpener.close([path.fd])
      return .failure(OpenFailure(errno: EBUSY, isOtherKind: false, identity: nil))
    }
    let identity: PathIdentity =
      isBlock ? .block(device: path.device) : .file(device: path.device, inode: path.inode)
    var result = look(
      FileSampleReader(owning: path.fd), name, identity, path.size_bytes, path.block_bytes,
      !isBlock ? .file : mp_block_is_partition(path.device) ? .partition : .disk)
    if isBlock, case .success(var look) = result {
      look.block = BlockFacts.identity(path.device)
      result = .success(look)
    }
    return result
  }

  private static func look(_ network: NetworkPath) -> Result<MediumLook, OpenFailure> {
    do throws(PathTrouble) {
      let deadline = ServerConnection.deadline(milliseconds: patienceMilliseconds)
      let reader = try ServerSampleReader.connect(to: network.uri, deadline: deadline)
      let block = LabelRecord.sectorBytesRange.lowerBound
      // Which sectors the disk behind the export has, the server does not say.
      return look(reader, network.text, nil, try reader.sizeBytes(), block, .file)
    } catch {
      return .failure(failure(error))
    }
  }

  private static func look(
    _ access: any SampleReader, _ name: String, _ identity: PathIdentity?, _ sizeBytes: UInt64,
    _ blockBytes: UInt32, _ kind: Taste.Kind
  ) -> Result<MediumLook, OpenFailure> {
    do throws(PathTrouble) {
      let tail = try tail(access, sizeBytes, blockBytes, kind)
      return .success(
        MediumLook(
          path: name, identity: identity, sizeBytes: sizeBytes, blockBytes: blockBytes,
          verdict: Taste.verdict(
            tail: tail, sizeBytes: sizeBytes, blockBytes: blockBytes, kind: kind)))
    } catch {
      return .failure(failure(error))
    }
  }

  private static func failure(_ trouble: PathTrouble) -> OpenFailure {
    OpenFailure(errno: trouble.errno, isOtherKind: false, identity: nil, trouble: trouble)
  }

  /// How long a server may take for all of it.
  static let patienceMilliseconds: Int64 = 8000

  /// Enough of the end to hold a sector of any size that is possible; nothing of a medium that has no whole
  /// block there.
  private static func tail(
    _ access: any SampleReader, _ sizeBytes: UInt64, _ blockBytes: UInt32, _ kind: Taste.Kind
  ) throws(PathTrouble) -> [UInt8] {
    let block = UInt64(blockBytes)
    guard block > 0, sizeBytes >= block, sizeBytes % block == 0 else { return [] }
    let wanted =
      kind == .file ? max(block, UInt64(LabelRecord.sectorBytesRange.upperBound)) : block
    let length = min(sizeBytes, wanted / block * block)
    return try access.read(sizeBytes - length, Int(length))
  }

  private static func ends(
    _ access: any SampleReader, _ medium: Geometry, _ sectorBytes: UInt32
  ) throws(PathTrouble) -> MediumEnds {
    let headLength = min(medium.sizeBytes, MediumEnds.headBytes)
    let tailLength = min(medium.sizeBytes, MediumEnds.tailBytes)
    return MediumEnds(
      sizeBytes: medium.sizeBytes, sectorBytes: sectorBytes,
      head: try access.read(0, Int(headLength)),
      tail: try access.read(
        medium.sizeBytes - tailLength, Int(tailLength)))
  }
}

/// What a path's medium looks like from outside.
struct MediumLook: Sendable {
  let path: String
  /// Nil for a server, whose identity is known only to a connection that is kept.
  let identity: PathIdentity?
  let sizeBytes: UInt64
  let blockBytes: UInt32
  let verdict: TasteVerdict
  /// What the system says of a block device.
  var block: Candidate.Identity?
}
