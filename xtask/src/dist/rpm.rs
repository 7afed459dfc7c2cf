//! RPM packages.

use anyhow::{Context, Result};
use rpm::{BuildConfig, CompressionWithLevel, Dependency, FileOptions, PackageBuilder, Scriptlet};

use super::package::{MAINTAINER, Package};

/// The name of the package's file.
pub(super) fn file_name(package: &Package) -> String {
    format!("{}-{}-1.{}.rpm", package.name, package.version, package.arch.rpm())
}

/// The package's bytes.
pub(super) fn bytes(package: &Package) -> Result<Vec<u8>> {
    let time = u32::try_from(package.time_s).context("a time after 2106")?;
    let mut builder = PackageBuilder::new(
        package.name,
        &package.version,
        "Apache-2.0 OR MIT",
        package.arch.rpm(),
        package.summary,
    );
    builder
        .using_config(
            BuildConfig::v4().compression(CompressionWithLevel::Gzip(7)).source_date(time),
        )
        .description(package.description)
        .packager(MAINTAINER)
        // The same bytes wherever it is built.
        .build_host("localhost");
    if let Some(version) = &package.glibc {
        builder.requires(Dependency::any(format!("libc.so.6(GLIBC_{version})(64bit)")));
    }
    for name in package.rpm_requires {
        builder.requires(Dependency::any(*name));
    }
    for (name, script) in package.rpm_scripts {
        let script = Scriptlet::new(*script);
        match *name {
            "post" => builder.post_install_script(script),
            "preun" => builder.pre_uninstall_script(script),
            "postun" => builder.post_uninstall_script(script),
            other => anyhow::bail!("no place for the scriptlet {other}"),
        };
    }
    for entry in &package.entries {
        let mode = u16::try_from(entry.mode)?;
        let path = format!("/{}", entry.path);
        let options = FileOptions::new(&path).permissions(mode).user("root").group("root");
        let options = if entry.is_settings {
            options.config().noreplace()
        } else if path.starts_with("/usr/share/doc/") || path.starts_with("/usr/share/man/") {
            options.doc()
        } else {
            options
        };
        builder.with_file_contents(entry.content.clone(), options)?;
    }
    let mut bytes = Vec::new();
    builder.build()?.write(&mut bytes)?;
    Ok(bytes)
}
