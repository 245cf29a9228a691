/// What a trace says about itself.
public struct TraceHeader: Sendable, Hashable {
  /// The program that recorded it.
  public let program: String
  public let device: String
  /// When it began, in milliseconds since 1970.
  public let startedMilliseconds: UInt64
  /// The names of the device's paths, by their places in the machine's table.
  public let paths: [UInt8: String]

  public init(
    program: String, device: String, startedMilliseconds: UInt64, paths: [UInt8: String]
  ) {
    self.program = program
    self.device = device
    self.startedMilliseconds = startedMilliseconds
    self.paths = paths
  }

  func write(to output: inout TraceBytes) {
    output.append(text: program)
    output.append(word: TraceFormat.layout)
    output.append(text: device)
    output.append(number: startedMilliseconds)
    output.append(number: UInt64(paths.count))
    for place in paths.keys.sorted() {
      output.append(place)
      output.append(text: paths[place] ?? "")
    }
  }

  /// - Returns: The header, and the print of the layout in which the state is written.
  static func read(
    _ source: inout TraceSource
  ) throws(TraceDamage) -> (header: TraceHeader, layout: UInt64) {
    let program = try source.text()
    let layout = try source.word(UInt64.self)
    let device = try source.text()
    let started = try source.number()
    var paths: [UInt8: String] = [:]
    for _ in 0..<(try source.number(UInt8.self)) {
      let place = try source.byte()
      paths[place] = try source.text()
    }
    let header = TraceHeader(
      program: program, device: device, startedMilliseconds: started, paths: paths)
    return (header, layout)
  }
}
