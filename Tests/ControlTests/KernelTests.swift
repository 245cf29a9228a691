import Control
import Testing

/// Kernel devices on the wire, in the state file and in words.
@Suite("Kernel devices")
struct KernelTests {
  private let attachment = KernelAttachment(
    identifier: "mpath:data:1f", number: 3, deadConnSeconds: 300, boot: "b")

  private func refusal(_ body: () throws(ControlError) -> Void) -> ControlError? {
    do throws(ControlError) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  @Test("the kernel's devices have two names")
  func names() throws {
    #expect(try KernelDeviceName("/dev/nbd12").number == 12)
    #expect(try KernelDeviceName("nbd0").path == "/dev/nbd0")
    for wrong in ["", "nbd", "/dev/nbd", "nbd-1", "nbd01", "nbd0p1", "/dev/sda", "nbd99999999999"] {
      let error = refusal { () throws(ControlError) in _ = try KernelDeviceName(wrong) }
      #expect(error?.code == .badRequest, "\(wrong)")
    }
  }

  @Test("attach has defaults, and refuses to do without a dead-connection time")
  func attach() throws {
    let line = bytes(#"{"id":1,"method":"attach","params":{"name":"d"},"version":1}"#)
    let params = try Wire.params(of: AttachMethod.self, in: line)
    #expect(params == AttachMethod.Params(name: "d"))
    #expect(params.deadConnSeconds == 300)
    #expect(try params.check() == nil)
    #expect(try AttachMethod.Params(name: "d", kernelDevice: "nbd7").check() == 7)
    #expect(params.connections == 1)
    for count in [0, -1, 17] {
      let wrong = AttachMethod.Params(name: "d", connections: count)
      #expect(refusal { () throws(ControlError) in _ = try wrong.check() }?.code == .badRequest)
    }
    let none = AttachMethod.Params(name: "d", deadConnSeconds: 0)
    #expect(refusal { () throws(ControlError) in _ = try none.check() }?.code == .badRequest)
    #expect(
      text(
        Wire.reply(
          AttachMethod.self, id: 7,
          result: AttachMethod.Result(name: "d", kernelDevice: "/dev/nbd0")))
        == #"{"id":7,"result":{"kernelDevice":"/dev/nbd0","name":"d"}}"# + "\n")
  }

  @Test("detach forces nothing unless told")
  func detach() throws {
    let line = bytes(#"{"id":1,"method":"detach","params":{"name":"d"},"version":1}"#)
    #expect(try Wire.params(of: DetachMethod.self, in: line).force == false)
    #expect(
      text(try Wire.request(DetachMethod.self, id: 7, params: .init(name: "d", force: true)))
        == #"{"id":7,"method":"detach","params":{"force":true,"name":"d"},"version":1}"# + "\n")
  }

  @Test("the state file remembers what is attached")
  func state() throws {
    let device = DeviceSpecification(
      name: "data", mode: .activePassive, sizeBytes: 1 << 30, blockBytes: 512,
      options: DeviceOptions(), paths: [.init(path: "/dev/loop1")], kernel: attachment)
    #expect(try StateFile.decode(StateFile.encode([device])) == [device])
    #expect(KernelAttachment.prefix(of: "data") == "mpath:data:")
  }

  @Test("an attachment that an earlier daemon has written down has one connection")
  func earlierState() throws {
    let device = DeviceSpecification(
      name: "data", mode: .activePassive, sizeBytes: 1 << 30, blockBytes: 512,
      options: DeviceOptions(), paths: [.init(path: "/dev/loop1")],
      kernel: KernelAttachment(
        identifier: "mpath:data:1f", deadConnSeconds: 300, connections: 4, boot: "b"))
    let now = text(try StateFile.encode([device]))
    #expect(try StateFile.decode(bytes(now)).first?.kernel?.connections == 4)
    let before = now.replacing("\"connections\"", with: "\"somethingElse\"")
    #expect(before != now)
    #expect(try StateFile.decode(bytes(before)).first?.kernel?.connections == 1)
  }

  @Test("status says where a device is in the kernel and who uses it")
  func status() {
    let plain = Samples.device(.optimal, [Samples.path(1, .active), Samples.path(2, .passive)])
    func lines(
      _ link: KernelDeviceStatus.Link, _ mounts: [String], _ holders: [String], of many: Int = 1,
      up: Int = 1
    ) -> String {
      let kernel = KernelDeviceStatus(
        device: "/dev/nbd0", link: link, deadConnSeconds: 300, connections: many,
        connectionsUp: up, holders: holders, mounts: mounts)
      let device = DeviceStatus(
        name: plain.name, state: plain.state, mode: plain.mode, sizeBytes: plain.sizeBytes,
        blockBytes: plain.blockBytes, socket: plain.socket, uri: plain.uri, sessions: 1,
        queuedRequests: 0, paths: plain.paths, kernel: kernel)
      return StatusText.render(DeviceReport(devices: [device]), Samples.context)
    }
    #expect(lines(.up, [], []).hasSuffix("\n\ndata: /dev/nbd0\n"))
    #expect(lines(.up, [], [], of: 4, up: 4).hasSuffix("\n\ndata: /dev/nbd0, 4 connections\n"))
    #expect(lines(.up, [], [], of: 4, up: 3).hasSuffix("data: /dev/nbd0, 3 of 4 connections\n"))
    #expect(
      lines(.up, ["/mnt"], ["dm-0"]).hasSuffix("\n\ndata: /dev/nbd0, used at /mnt, held by dm-0\n"))
    #expect(
      lines(.connecting, [], []).hasSuffix(
        "\n\ndata: /dev/nbd0, being connected; requests wait up to 300 s\n"))
  }
}
