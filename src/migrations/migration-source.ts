import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { ILogicalDatabase } from '../binding';
import { bindCommand, validateCommand } from './private/command-source';
import { bindEngine } from './private/engine-source';
import { DBMATE, type EngineDefinition, GOOSE } from './private/engines';

/** Options of goose migrations. */
export interface GooseMigrationOptions {
  /**
   * Version of goose 3, without a leading `v`. Changing it runs the migrations again, which then finds nothing to do.
   *
   * @see https://github.com/pressly/goose/releases
   * @default '3.27.3'
   */
  readonly version?: string;
}

/** Options of dbmate migrations. */
export interface DbmateMigrationOptions {
  /**
   * Version of dbmate 2, without a leading `v`. Changing it runs the migrations again, which then finds nothing to do.
   *
   * @see https://github.com/amacneil/dbmate/releases
   * @default '2.36.0'
   */
  readonly version?: string;
}

/** Properties of migrations that an image of one's own applies. */
export interface CommandMigrationOptions {
  /** The image that holds the tool and the migrations, built for the architecture of the task (ARM64 by default). */
  readonly image: ecs.ContainerImage;

  /** The command to run; exit code 0 means that everything is applied. */
  readonly command: string[];

  /**
   * Stands for the content: the command runs again exactly when this text, the command or `environment` changes. Use a hash of
   * the migration files or an image digest; never a time, a random value or a tag that moves.
   */
  readonly revision: string;

  /**
   * Environment variables of the container, besides the connection (`PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD`, …). A
   * change of them runs the command again, unlike those of the task.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /**
   * Tables in which the tool keeps its history. Other users of the database get no rights on them.
   *
   * @default - none
   */
  readonly protectedTables?: string[];
}

/** What a task tells a migration source. */
export interface MigrationSourceBindOptions {
  /** Architecture that the image is built for. */
  readonly architecture: ecs.CpuArchitecture;

  /** The database that is migrated. */
  readonly database: ILogicalDatabase;
}

/** What a migration source gives to a task. */
export interface MigrationSourceConfig {
  /** Image of the container. */
  readonly image: ecs.ContainerImage;

  /**
   * Entry point of the container.
   *
   * @default - that of the image
   */
  readonly entryPoint?: string[];

  /**
   * Command of the container.
   *
   * @default - that of the image
   */
  readonly command?: string[];

  /**
   * Environment variables of the container, besides the connection.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };

  /** Changes exactly when the migrations must run again: a hash of engine, version, files, image and command. */
  readonly revision: string;

  /** Tables in which the engine keeps its history. Other users of the database get no rights on them. */
  readonly protectedTables: string[];

  /**
   * Whether the image holds this library's runner, which waits for the database, holds the lock, checks the role and verifies the
   * result. Where it does not, the command has to do so itself.
   */
  readonly usesRunner: boolean;
}

/**
 * Where the migrations of a database come from, and what applies them.
 *
 * ## What it makes
 *
 * For `goose` and `dbmate`: an image, built when the app is deployed, with the SQL files of a directory, the engine and a runner. It
 * needs Docker with BuildKit (or Podman), and a way to Docker Hub and to Go's module proxy; no emulator for another architecture. For `command`: nothing; the image is yours.
 *
 * ## Defaults that matter
 *
 * The files are checked at synth (`docs/migrations.md` has the rules). A file that cannot work is an error; a statement that
 * destroys data, takes a long lock or breaks code that still runs is a warning. Acknowledge either in the file itself, with the reason:
 * `-- cdk-private-backend:allow <rule> <reason>`. List released files in `migrations.sum` (made by `sha256sum *.sql > migrations.sum`
 * in the directory): to edit or delete one of them is then an error, and their warnings end.
 *
 * The runner waits for a server that is starting, failing over or paused; holds a lock, because neither engine locks by
 * itself; tries a transaction again that met a lock; and stops the engine when the connection with the lock is lost. It believes the
 * version table, never the engine's words.
 *
 * ## Security considerations
 *
 * The runner verifies the server's certificate, refuses to run as anybody but the owner of the database, and keeps the password out
 * of arguments and output. The image runs as a user that is not root, on a read-only file system. Base images are pinned by digest. Engines
 * are compiled from the source of their exact version, which Go compares with its public checksum database. Migrations act with the rights of the owner: review them like code.
 *
 * ## Cost
 *
 * Storage of the image in Amazon ECR, about 0.01 USD a month.
 *
 * @example
 * import { MigrationSource } from 'cdk-private-backend';
 *
 * const source = MigrationSource.goose('migrations');
 */
export abstract class MigrationSource {
  /**
   * Migrations in goose's format (`00001_name.sql` with `-- +goose Up`), in UTF-8. Other files and folders are passed over. Go
   * migrations need an image of one's own: see `command`.
   *
   * @param directory folder with the files; a relative path starts at the working directory of the app
   * @see https://pressly.github.io/goose/documentation/annotations/
   */
  public static goose(directory: string, options: GooseMigrationOptions = {}): MigrationSource {
    return new EngineMigrationSource(GOOSE, directory, options.version);
  }

  /**
   * Migrations in dbmate's format (`20260102030405_name.sql` with `-- migrate:up` and `-- migrate:down`), in UTF-8. Other files and
   * folders are passed over.
   *
   * @param directory folder with the files; a relative path starts at the working directory of the app
   * @see https://github.com/amacneil/dbmate#creating-migrations
   */
  public static dbmate(directory: string, options: DbmateMigrationOptions = {}): MigrationSource {
    return new EngineMigrationSource(DBMATE, directory, options.version);
  }

  /**
   * Any other tool: the command runs as it is, with the connection in its environment. There is no runner in the image, so waiting
   * for the database, locking, acting as the owner and judging the result are the command's own business.
   */
  public static command(props: CommandMigrationOptions): MigrationSource {
    return new CommandMigrationSource(props);
  }

  /**
   * Checks the migrations and makes the image. Called by `MigrationTask`.
   *
   * @throws InvalidBackendError where the directory or a file in it is wrong
   */
  public abstract bind(scope: Construct, options: MigrationSourceBindOptions): MigrationSourceConfig;
}

class EngineMigrationSource extends MigrationSource {
  constructor(private readonly engine: EngineDefinition, private readonly directory: string, private readonly version: string | undefined) {
    super();
  }

  public bind(scope: Construct, options: MigrationSourceBindOptions): MigrationSourceConfig {
    return bindEngine(scope, { engine: this.engine, path: this.directory, version: this.version ?? this.engine.defaultVersion }, options);
  }
}

class CommandMigrationSource extends MigrationSource {
  constructor(private readonly props: CommandMigrationOptions) {
    super();
    validateCommand(props);
  }

  public bind(_scope: Construct, _options: MigrationSourceBindOptions): MigrationSourceConfig {
    return bindCommand(this.props);
  }
}
