// Command go-api serves the items of example 01 over HTTP.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("service", "go-api")
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Getenv, log); err != nil {
		log.Error("the service ended", "error", err.Error())
		os.Exit(1)
	}
}

// run serves until ctx ends, then finishes what is under way and closes the pool.
func run(ctx context.Context, env func(string) string, log *slog.Logger) error {
	config, err := readConfig(env)
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config.pool)
	if err != nil {
		return errors.New("the pool could not be made")
	}
	defer pool.Close()

	var draining atomic.Bool
	server := &http.Server{
		Handler:           newHandler(&postgresItems{pool}, log, draining.Load),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		// Whoever reads an answer slower than this holds no goroutine and no connection any longer.
		WriteTimeout: 60 * time.Second,
		// As much as the load balancer lets through.
		MaxHeaderBytes: 64 << 10,
		// Longer than the idle timeout of the load balancer, or it would reuse a connection that was just closed.
		IdleTimeout: config.keepAlive,
	}
	listener, err := net.Listen("tcp", config.address)
	if err != nil {
		return err
	}
	log.Info("listening", "address", listener.Addr().String())

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	draining.Store(true)
	log.Info("stopping: finishing what is under way")
	deadline, cancel := context.WithTimeout(context.Background(), config.stopTimeout)
	defer cancel()
	return server.Shutdown(deadline)
}

type config struct {
	pool        *pgxpool.Config
	address     string
	stopTimeout time.Duration
	keepAlive   time.Duration
}

func readConfig(env func(string) string) (config, error) {
	// The error of pgx could repeat the URL, which holds the password.
	pool, err := pgxpool.ParseConfig(env("DATABASE_URL"))
	if env("DATABASE_URL") == "" || err != nil {
		return config{}, errors.New("DATABASE_URL must be set to a URL that starts with postgresql://, and its files must be readable")
	}
	size, err := number(env, "DATABASE_POOL_SIZE", 5, 1, 500)
	if err != nil {
		return config{}, err
	}
	port, err := number(env, "PORT", 8080, 0, 65535)
	if err != nil {
		return config{}, err
	}
	stop, err := number(env, "STOP_TIMEOUT_SECONDS", 25, 1, 120)
	if err != nil {
		return config{}, err
	}
	keepAlive, err := number(env, "KEEP_ALIVE_TIMEOUT_SECONDS", 65, 1, 4100)
	if err != nil {
		return config{}, err
	}
	pool.MaxConns = int32(size)
	pool.ConnConfig.ConnectTimeout = 5 * time.Second
	pool.ConnConfig.RuntimeParams["application_name"] = "go-api"
	return config{pool, net.JoinHostPort(env("HOST"), strconv.Itoa(port)), time.Duration(stop) * time.Second, time.Duration(keepAlive) * time.Second}, nil
}

func number(env func(string) string, name string, byDefault, min, max int) (int, error) {
	text := env(name)
	if text == "" {
		return byDefault, nil
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < min || value > max {
		return 0, fmt.Errorf("%s must be a whole number from %d to %d; got %q", name, min, max, text)
	}
	return value, nil
}
