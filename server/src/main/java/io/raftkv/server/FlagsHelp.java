package io.raftkv.server;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What {@code kvd --help} prints. */
final class FlagsHelp {
  private FlagsHelp() {}

  static String text() {
    CommandSpec spec = CommandSpec.create().name("kvd");
    spec.usageMessage()
        .description("A member of a raftkv cluster. Without flags: a cluster of one.")
        .footer(
            "",
            "kvd log and kvd snapshot look at the data of a member that is stopped, kvd recover makes a",
            "cluster of it alone when the majority is gone for good, kvd restore makes one of a backup:",
            "see kvd recover --help, kvd restore --help.",
            "Each flag is also an environment variable (KVD_DATA_DIR) and a line of the file that",
            "--config names (data-dir=...). Flag over environment over file.",
            "Exit codes: 0 after SIGTERM, 2 wrong configuration, 3 data dir locked, foreign or",
            "damaged, 4 disk failure.")
        .sortOptions(false)
        .width(100);
    for (Setting setting : Setting.values()) {
      spec.addOption(option(setting));
    }
    spec.addOption(OptionSpec.builder("--help").description("show this and end").build());
    spec.addOption(OptionSpec.builder("--version").description("show the version").build());
    return new CommandLine(spec).getUsageMessage(CommandLine.Help.Ansi.OFF);
  }

  private static OptionSpec option(Setting setting) {
    OptionSpec.Builder option =
        OptionSpec.builder(setting.flag()).type(String.class).description(setting.description());
    if (setting.valueLabel().isPresent()) {
      option.arity("1").paramLabel(setting.valueLabel().get());
      setting
          .defaultText()
          .ifPresent(text -> option.description(setting.description() + " (" + text + ")"));
    } else {
      option.arity("0..1").paramLabel("true|false");
    }
    return option.build();
  }
}
