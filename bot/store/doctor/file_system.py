"""Recognizes network file systems, on which SQLite can lose data, by Linux's list of mounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
"""The mounts that this process sees.

Source: https://docs.kernel.org/filesystems/proc.html, section 3.5
"""

_NETWORK: Final = {
    "9p": "9P, a directory that another machine shares",
    "afs": "AFS",
    "beegfs": "BeeGFS",
    "ceph": "CephFS",
    "cifs": "SMB",
    "coda": "Coda",
    "davfs": "WebDAV",
    "gfs2": "GFS2",
    "glusterfs": "GlusterFS",
    "gpfs": "GPFS",
    "lustre": "Lustre",
    "ncpfs": "NCP",
    "nfs": "NFS",
    "nfs4": "NFS, such as Amazon EFS",
    "ocfs2": "OCFS2",
    "pvfs2": "OrangeFS",
    "smb2": "SMB",
    "smb3": "SMB",
    "smbfs": "SMB",
    "vboxsf": "a directory that a virtual machine's host shares",
    "vmhgfs": "a directory that a virtual machine's host shares",
}
"""{the kernel's name of a network file system: what people call it}."""

_FUSE: Final = "FUSE, such as an object store that is mounted as a directory"

_LOCAL_FUSE: Final = frozenset(
    {"fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.encfs", "fuse.ntfs-3g", "fuse.ext4"}
)
"""FUSE file systems that keep files on a disk of this machine."""

_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class NetworkFileSystem:
    """A network file system.

    Attributes:
        name: what people call it.
        type: the kernel's name.
        mount_point: where it is mounted.
    """

    name: str
    type: str
    mount_point: str


def network_file_system(file: Path, mounts: Path = MOUNTS) -> NetworkFileSystem | None:
    """The network file system that a file is on, or will be.

    Args:
        file: the file; it need not exist.
        mounts: the list of mounts.

    Returns:
        None if it is on another file system, or if that can't be found out: on systems other than
        Linux, there is no such list.
    """
    try:
        content = mounts.read_bytes().decode("utf-8", "surrogateescape")
        place = file.resolve()
    except (OSError, RuntimeError):  # RuntimeError: links that lead in a circle
        return None
    found: tuple[int, str, str] | None = None
    for line in content.splitlines():
        # 36 35 0:61 / /data rw,noatime shared:1 - nfs4 fs-1.efs.eu-west-1.amazonaws.com:/ rw
        before, separator, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if not separator or len(fields) < 5:  # noqa: PLR2004 - up to the mount point
            continue
        mount_point = _ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields[4])
        # Of two at the same place, the later one covers the other.
        if place.is_relative_to(mount_point) and (found is None or len(mount_point) >= found[0]):
            found = len(mount_point), mount_point, rest[0]
    if found is None:
        return None
    _, mount_point, kind = found
    name = _NETWORK.get(kind.removeprefix("fuse."), "")
    if not name and re.match(r"fuse(\.|$)", kind) and kind not in _LOCAL_FUSE:
        name = _FUSE
    return NetworkFileSystem(name, kind, mount_point) if name else None
