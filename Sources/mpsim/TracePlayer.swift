import ArgumentParser
import BlockIO
import Glibc
import Multipath

/// Plays the trace of a live device and says whether the same was decided.
enum TracePlayer {
  /// The daemon's limit on a trace, and what stands around it.
  private static let bytesMax = 512 << 20

  static func play(file: String, isVerbose: Bool) throws {
    let bytes = try read(file)
    let isSame: Bool
    do throws(TraceError) {
      isSame = try replay(bytes, isVerbose)
    } catch {
      complain("\(file): \(error.sentence)")
      throw ExitCode(1)
    }
    if !isSame { throw ExitCode(1) }
  }

  private static func replay(_ bytes: [UInt8], _ isVerbose: Bool) throws(TraceError) -> Bool {
    var replay = try TraceReplay(bytes)
    introduce(replay.header)
    do throws(TraceError) {
      if isVerbose {
        var story = TraceStory(replay.header)
        try replay.run { step in for line in story.lines(step) { print(line) } }
      } else {
        try replay.run()
      }
    } catch {
      print("\(replay.inputs) inputs in \(text(replay.elapsed)), and then nothing that makes sense")
      throw error
    }
    return conclude(replay)
  }

  private static func introduce(_ header: TraceHeader) {
    let paths = header.paths.keys.sorted().map {
      "\($0) \(TraceStory.printable(header.paths[$0] ?? ""))"
    }
    print(
      "device \(TraceStory.printable(header.device)), recorded by mpath "
        + TraceStory.printable(header.program))
    if !paths.isEmpty { print("paths " + paths.joined(separator: ", ")) }
  }

  /// False when the recording differs, or has no end.
  private static func conclude(_ replay: borrowing TraceReplay) -> Bool {
    print("\(replay.inputs) inputs in \(text(replay.elapsed))")
    print("digest \(String(replay.digest, radix: 16))")
    if let difference = replay.difference {
      print(
        "DIFFERENCE at input \(difference.input), after \(text(difference.after)): "
          + "something else was decided when it was recorded")
      return false
    }
    guard let summary = replay.summary else {
      print("the same was decided, as far as the recording goes: its end is missing")
      return false
    }
    print("the same was decided")
    if let early = words(summary) { print(early) }
    return true
  }

  private static func words(_ summary: TraceSummary) -> String? {
    switch summary.ending {
    case .asked: nil
    case .full: "the recording was full"
    case .tooSlow:
      "the recording could not be written fast enough: it ends with \(summary.missing) inputs missing"
    case .deviceGone: "the recording ends with the device"
    case .unrecorded: "the recording ends where something was done that traces do not know"
    }
  }

  private static func text(_ interval: Interval) -> String { "\(interval.nanoseconds / 1000) us" }

  private static func complain(_ message: String) {
    let line = Array("mpsim: \(message)\n".utf8)
    _ = unsafe write(STDERR_FILENO, line, line.count)
  }

  private static func read(_ name: String) throws -> [UInt8] {
    let descriptor = unsafe open(name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      complain("\(name) is no seed, and cannot be opened: \(reason(errno))")
      throw ExitCode(1)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while bytes.count <= bytesMax {
      let count = unsafe buffer.withUnsafeMutableBytes { area in
        unsafe Glibc.read(descriptor, area.baseAddress, area.count)
      }
      if count == 0 { return bytes }
      guard count > 0 else {
        complain("\(name) cannot be read: \(reason(errno))")
        throw ExitCode(1)
      }
      bytes += buffer[..<count]
    }
    complain("\(name) is longer than any trace")
    throw ExitCode(1)
  }

  private static func reason(_ errno: Int32) -> String {
    unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "errno \(errno)"
  }
}
