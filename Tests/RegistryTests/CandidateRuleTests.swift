import Registry
import Testing

@Suite("Which paths are candidates")
struct CandidateRuleTests {
  @Test("what is made of others, or comes and goes with programs, is no disk")
  func disks() {
    for name in ["loop0", "zram1", "ram3", "dm-2", "md127", "nbd15", "sr0", "fd0"] {
      #expect(!CandidateRule.isDisk(kernelName: name), "\(name)")
    }
    for name in ["sda", "sdaa1", "nvme0n1p2", "vda", "mmcblk0", "fdisk", "dmx"] {
      #expect(CandidateRule.isDisk(kernelName: name), "\(name)")
    }
  }

  @Test("a candidates file allows and denies, and its first allow takes the place of the disks")
  func file() throws {
    let text =
      "# ours\nallow /dev/loop*   # and no others\n\n deny\t/dev/loop7\nallow nbd://host/vol\n"
    let lines = try CandidateRule.lines(of: text)
    #expect(
      lines == [.allow("/dev/loop*"), .deny("/dev/loop7"), .allow("nbd://host/vol")])
    let rule = CandidateRule(allowsDisks: true, denied: ["/dev/sda"]).adding(lines)
    #expect(!rule.allowsDisks)
    #expect(rule.allowed == ["/dev/loop*", "nbd://host/vol"])
    #expect(rule.denied == ["/dev/sda", "/dev/loop7"])
    let denying = CandidateRule(allowsDisks: true).adding([.deny("/dev/sda")])
    #expect(denying.allowsDisks && denying.allowed.isEmpty)
  }

  @Test(
    "a line that says nothing known is named",
    arguments: ["permit /a", "allow a", "deny", "allow /a /b"])
  func mistakes(line: String) {
    #expect(throws: CandidateRule.Mistake.self) {
      try CandidateRule.lines(of: "allow /x\n" + line)
    }
  }
}
