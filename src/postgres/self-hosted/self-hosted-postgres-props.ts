import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IBackupReplica } from './backup-replica';
import type { DisasterRecovery } from './disaster-recovery';

/** Properties of a PostgreSQL cluster on instances of EC2. */
export interface SelfHostedPostgresProps {
  /** The network that the cluster is in. Cannot change later. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the nodes, in as many availability zones as there are nodes. Other subnets mean other addresses, and each node joins the cluster again under
   * its new one. In another zone a node starts with an empty volume, too. The load balancer and the broker's SQL function are in the same subnets, unless
   * these are public.
   *
   * @default - private subnets with egress, else public ones; with `imageId` also isolated ones. Load balancer and SQL function: isolated subnets, else private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the load balancer, which are those that clients see.
   *
   * @default - a new one without rules
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Number of nodes: 1, or 3 in three availability zones. It can grow from 1 to 3, which restarts the first node. It can't shrink.
   *
   * @default - 1 in development, 3 in production: three where the posture has `multiAz`
   */
  readonly nodes?: number;

  /**
   * Numbers of nodes that are stopped, for a zone that is out of order or under maintenance: updates would wait for a node that can't start there. A
   * majority of the nodes must run, so at most one of three is stopped. It keeps its volume and its address.
   *
   * @default - none
   */
  readonly stoppedNodes?: number[];

  /**
   * Name of the first database. Changing it makes another, empty database on the same cluster and keeps the old one.
   *
   * @default 'app'
   */
  readonly databaseName?: string;

  /**
   * Extensions that the admin creates in the first database, like `pgcrypto`. The admin is no superuser: an extension that needs one is in
   * `superuserExtensions`, too.
   *
   * @default - none
   */
  readonly extensions?: string[];

  /**
   * Extensions of PostgreSQL that need a superuser, like `pg_stat_statements`. The nodes create them in every database, and in the template of new ones.
   *
   * @default - none
   */
  readonly superuserExtensions?: string[];

  /**
   * Name of the login that `database.owner` is, at most 63 bytes. Changing it makes a new login before the old one goes.
   *
   * @default - `<databaseName>_migrator`; where that is longer than 63 bytes, the database's name is cut and a hash of it follows
   */
  readonly ownerUsername?: string;

  /**
   * Key that encrypts the secret of `database.owner`.
   *
   * @default - the account's key for Secrets Manager (`aws/secretsmanager`)
   */
  readonly ownerEncryptionKey?: kms.IKey;

  /**
   * Name of the login with which databases and users are managed. It is no superuser. Cannot change later: the secret would get another password.
   *
   * @default 'backend_admin'
   */
  readonly adminUsername?: string;

  /**
   * Type of the instances, of the Nitro system, with at least 2 GiB of memory. A change replaces one node after the other.
   *
   * @default - the posture's `databaseInstanceType`, with a micro one size up: a t4g.small in development, an r7g.large in production
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Data volume of each node, gp3, from 20 to 16,384 GiB. It can grow later, never shrink.
   *
   * @default - 20 GiB in development, 100 GiB in production, from the posture
   */
  readonly allocatedStorage?: Size;

  /**
   * Operations a second of each data volume, from 3,000 to 80,000, at most 500 for each GiB.
   *
   * @default 3000
   */
  readonly iops?: number;

  /**
   * What each data volume reads and writes in a second, from 125 to 2,000 MiB, at most 1 MiB for every four of `iops`.
   *
   * @default Size.mebibytes(125)
   */
  readonly storageThroughput?: Size;

  /**
   * Key that encrypts the data volumes and the secrets of the cluster. Cannot change later: CloudFormation would make new, empty volumes. Backups are encrypted
   * by the nodes, with a pass in a secret, before they leave them.
   *
   * @default - the account's keys for EBS and for Secrets Manager
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Parameters of PostgreSQL, by name. They win over those that the nodes set. What keeps the cluster together, such as replication, archive, TLS and listening, is
   * refused.
   *
   * @default - by the memory of the node; statements of more than a second and waits for locks are logged without bound values
   */
  readonly parameters?: { [name: string]: string };

  /**
   * Connections that the cluster accepts (`max_connections`). The connection limits of all users must fit. A change restarts one node after the other.
   *
   * @default - by the memory of the instance type, 112 for each GiB after the first 768 MiB, at most 5,000; 100 where the library does not know the memory
   */
  readonly maxConnections?: number;

  /**
   * Image of your own, built from Debian 13 with the packages of the nodes. Needed in subnets without a way to the mirrors of Debian.
   *
   * @default - Debian's own image of Debian 13, the newest when an instance is launched, on which the node installs its packages
   */
  readonly imageId?: string;

  /**
   * How long full backups are kept, and with them what it takes to restore any moment since: from 1 to 365 days.
   *
   * @default - 7 days in development, 35 days in production, from the posture
   */
  readonly backupRetention?: Duration;

  /**
   * When backups start, in UTC: `hh24:mi`. A full one on Sundays, a differential one on all other days.
   *
   * @default '02:00'
   */
  readonly backupTime?: string;

  /**
   * Whether the newest backup is restored once a week, to see that it can be: by an instance of `instanceType` that runs for as long as that takes, reaches no node, and ends
   * itself. Its disk has the account's key for EBS, and goes with it. Metrics say how much was lost and how long it took, an alarm that no drill succeeded.
   *
   * @default - false in development, true in production, from the posture
   */
  readonly restoreDrills?: boolean;

  /**
   * When a restore drill begins, and when it is ended at the latest, in UTC: `ddd:hh24:mi-ddd:hh24:mi`, at least an hour.
   *
   * @default 'sat:05:00-sun:05:00'
   */
  readonly restoreDrillWindow?: string;

  /**
   * What happens to volumes, backups and secrets that leave the stack: destroy, retain, or retain on update or delete, which deletes them where their first deployment
   * fails. The bucket is retained then as well, since CloudFormation can't delete a bucket with files in it.
   *
   * @default - DESTROY in development, RETAIN_ON_UPDATE_OR_DELETE in production, from the posture
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Whether nobody can write while no other node has a copy (`synchronous_mode_strict`): the loss of two hosts stops writes until one of them returns, and no acknowledged
   * write is ever on one node only.
   *
   * @default - true for three nodes; one node can't have it
   */
  readonly synchronousModeStrict?: boolean;

  /**
   * Time after which a primary that gives no sign of life loses its lease, at least 20 seconds. Shorter means a faster failover, and one for a shorter disturbance.
   *
   * @default Duration.seconds(20)
   */
  readonly ttl?: Duration;

  /**
   * Time between two looks of a node at the cluster. `loopWait` and twice `retryTimeout` must fit into `ttl`.
   *
   * @default Duration.seconds(5)
   */
  readonly loopWait?: Duration;

  /**
   * Time for which a node goes on asking etcd and PostgreSQL before it gives up, at least 3 seconds.
   *
   * @default Duration.seconds(5)
   */
  readonly retryTimeout?: Duration;

  /**
   * What the cluster prepares for the loss of its region. Each node then asks the other region whether it has taken over, before it starts PostgreSQL where no other
   * node is the primary, so nodes in isolated subnets can't have it: they reach S3 of their own region only.
   *
   * @default - nothing: backups are in the region of the cluster only
   */
  readonly disasterRecovery?: DisasterRecovery;

  /**
   * Copy of the backups of a cluster in another region, in the region of this one. The first node that boots restores the newest backup that is complete there and replays what
   * follows, the other nodes copy it, and the other cluster starts no more. A cluster that has data restores nothing, so keep it for ever.
   *
   * @default - a new, empty cluster
   */
  readonly recoverFrom?: IBackupReplica;

  /**
   * Whether a cluster with `recoverFrom` runs. Before, it has addresses, volumes and a load balancer, and no instances, databases or users. The deployment that
   * activates it is the recovery. Declare what uses the databases only where it is active.
   *
   * @default true
   */
  readonly active?: boolean;

  /**
   * Any text. A deployment in which it changes sets all databases and users of this server right again, also where their declarations are the same: what somebody granted,
   * revoked or set by hand, and secrets and passwords that differ. Deploy each stack that has users of the server.
   *
   * @default - databases and users are set right when their declarations change
   */
  readonly repairRevision?: string;
}
