package io.raftkv.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvctl completion}. */
@Command(
    name = "completion",
    description = {
      "Print the completion script of a shell.",
      "bash: source <(kvctl completion bash)    zsh: source <(kvctl completion zsh)"
    })
final class CompletionCommand extends KvctlCommand {
  /** The shells whose completion is known; one script serves both. */
  enum Shell {
    bash,
    zsh
  }

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "SHELL",
      description = "bash or zsh; one script serves both.")
  private Shell shell = Shell.bash;

  @Override
  int run() {
    String script = AutoComplete.bash("kvctl", spec.root().commandLine());
    if (shell == Shell.zsh) {
      script = "autoload -U +X compinit && compinit\n" + script;
    }
    console().write(script);
    return ExitCode.OK;
  }
}
