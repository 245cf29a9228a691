/// What a look at the end of a medium means: whether it has a label, and whether the label is its own.
///
/// The last sector of a disk is the last sector of a partition that ends there, too. The label belongs to
/// the one whose size it tells; so do neither a partition nor a copy on a larger medium become a path.
package enum Taste {
  /// What the medium is, as far as it matters here.
  package enum Kind: Hashable, Sendable {
    case disk
    case partition
    /// A file knows no sector size: its label may stand in a sector of any.
    case file
  }

  /// - Parameters:
  ///   - tail: The last bytes of the medium, at least a block.
  ///   - blockBytes: The logical block size of a disk or partition.
  package static func verdict(
    tail: [UInt8], sizeBytes: UInt64, blockBytes: UInt32, kind: Kind
  ) -> TasteVerdict {
    guard let sectorBytes = labelSector(inTail: tail, blockBytes: blockBytes, kind: kind) else {
      return .unlabelled
    }
    let record: LabelRecord
    do throws(LabelError) {
      record = try LabelRecord(sector: Array(tail.suffix(Int(sectorBytes))))
    } catch {
      return .refused(.damaged(error))
    }
    if let recorded = record.sizeBytes {
      guard recorded == sizeBytes else {
        return .refused(.otherSize(record, recorded: recorded, found: sizeBytes))
      }
    } else if kind == .partition {
      // Nothing tells it from its disk.
      return .refused(.partitionOfUnknownSize(record))
    }
    if let recorded = record.sectorBytes, recorded != sectorBytes {
      return .refused(.otherSectorSize(record, recorded: recorded, found: sectorBytes))
    }
    return .labelled(record, sectorBytes: sectorBytes)
  }

  /// How large the sector is at the end of `tail` that begins as a label does; nil when there is none.
  package static func labelSector(
    inTail tail: [UInt8], blockBytes: UInt32, kind: Kind
  ) -> UInt32? {
    var sizes = [blockBytes]
    if kind == .file {
      var size = LabelRecord.sectorBytesRange.lowerBound
      sizes = []
      while size <= LabelRecord.sectorBytesRange.upperBound {
        sizes.append(size)
        size *= 2
      }
    }
    return sizes.first { size in
      tail.count >= Int(size) && LabelRecord.hasMagic(Array(tail.suffix(Int(size))))
    }
  }
}
