<#
.SYNOPSIS
Installs ruleids as a service, or removes it.

.DESCRIPTION
Copies the program to Program Files, puts its directory into the PATH of all users, and installs the service, which writes
settings to begin with to C:\ProgramData\ruleids where there are none. Run it again from the archive of a newer version to
upgrade: settings, rules and decisions stay.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1

.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1 -Uninstall
#>
[CmdletBinding()]
param(
    [string] $Directory = (Join-Path $env:ProgramFiles 'ruleids'), # of the program
    [switch] $Uninstall,                                           # removes the service and the program
    [switch] $Purge                                                # with -Uninstall: settings, rules, decisions and logs, too
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest

$data = Join-Path $env:ProgramData 'ruleids'
$program = Join-Path $Directory 'ruleids.exe'

function Invoke-Program {
    & $program @args
    if ($LASTEXITCODE -ne 0) { throw "ruleids $args failed with status $LASTEXITCODE" }
}

# Set-Path puts a directory into the PATH of all users, or takes it out. The registry has that with variables such as %SystemRoot%
# in it, in place of which [Environment] would write what they stand for.
function Set-Path([bool] $present) {
    $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey('SYSTEM\CurrentControlSet\Control\Session Manager\Environment', $true)
    $old = $key.GetValue('Path', '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
    $parts = @($old -split ';' | Where-Object { $_ -and $_ -ne $Directory })
    if ($present) { $parts += $Directory }
    $key.SetValue('Path', ($parts -join ';'), [Microsoft.Win32.RegistryValueKind]::ExpandString)
    $key.Close()
    # Removes what is not there, and tells the programs that run that variables have changed.
    [Environment]::SetEnvironmentVariable('ruleids-path', $null, 'Machine')
}

$me = [Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()
if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    throw 'Installing a service needs an administrator: start PowerShell with "Run as administrator".'
}

# Stop-Icon ends the icons of those who have logged on (ruleids tray), which are the same file. They come back at the next logon.
function Stop-Icon {
    $icons = @(Get-Process -Name ruleids -ErrorAction SilentlyContinue | Where-Object { $_.Path -eq $program })
    if ($icons) {
        $icons | Stop-Process -Force -ErrorAction SilentlyContinue
        $icons | Wait-Process -Timeout 10 -ErrorAction SilentlyContinue
    }
}

$service = Get-Service -Name ruleids -ErrorAction SilentlyContinue
$running = $service -and $service.Status -eq 'Running'

if ($Uninstall) {
    if ($running) { Invoke-Program service stop }
    if ($service) { Invoke-Program service remove }
    Set-Path $false
    Stop-Icon
    if (Test-Path $Directory) { Remove-Item $Directory -Recurse -Force }
    if ($Purge -and (Test-Path $data)) { Remove-Item $data -Recurse -Force }
    Write-Host "ruleids is removed$(if (-not $Purge) { "; its settings and decisions are still in $data" })."
    return
}

# A program that runs cannot be replaced.
if ($running) { Invoke-Program service stop }
Stop-Icon
New-Item -ItemType Directory -Force -Path $Directory | Out-Null
foreach ($name in 'ruleids.exe', 'LICENSE', 'THIRD_PARTY_NOTICES.txt') {
    Copy-Item (Join-Path $PSScriptRoot $name) $Directory -Force
}
Set-Path $true
# It also makes the directory of the settings, which nobody but administrators may change.
Invoke-Program service install
if ($running) {
    Invoke-Program service start
    Write-Host 'ruleids is upgraded and runs.'
} else {
    Write-Host "Name the interface to watch in $data\ruleids.hcl, then, in a new terminal: ruleids service start"
}
if (-not (Test-Path (Join-Path $env:SystemRoot 'System32\Npcap\wpcap.dll'))) {
    Write-Host 'To see whole packets, install Npcap from https://npcap.com; without it ruleids sees IPv4 alone.'
}
