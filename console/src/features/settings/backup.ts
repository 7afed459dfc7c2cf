//! The commands that make a backup and try it out. They run on the server.

export const BACKUP_COMMAND =
  "runuser -u sekisho -- sekisho-server backup --to /var/backups/sekisho --keep 14";

export const DRILL_COMMAND = "runuser -u sekisho -- sekisho-server backup-drill --from FILE";
