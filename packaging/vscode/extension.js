// The client side of "ruleids lsp": it starts the program and passes the settings on.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("ruleids");
  client = new LanguageClient(
    "ruleids",
    "ruleids",
    { command: settings.get("path"), args: ["lsp"] },
    {
      documentSelector: [{ language: "ruleids" }],
      initializationOptions: { captures: settings.get("captures"), noStdlib: settings.get("noStdlib") },
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{hcl,csv,txt,list}") },
    },
  );
  try {
    await client.start();
  } catch (err) {
    vscode.window.showErrorMessage(
      `ruleids did not start (${err.message}). Install it, or name it in the setting ruleids.path.`,
    );
  }
}

exports.activate = async (context) => {
  context.subscriptions.push(
    vscode.commands.registerCommand("ruleids.restart", async () => {
      await client?.stop();
      await start();
    }),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("ruleids")) {
        await client?.stop();
        await start();
      }
    }),
  );
  await start();
};

exports.deactivate = () => client?.stop();
