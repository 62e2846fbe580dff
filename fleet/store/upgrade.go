package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/ruleids/ruleids/internal/stateversion"
)

// A beginner is a database, or one connection with it.
type beginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

// Upgrade brings the tables of a database up to date: steps are what each version added to the one before, from an empty file to
// today's. What is to be done is done as a whole or not at all. A database with more steps behind it than there are was written
// by a later version of the program, and is refused. The version is SQLite's user_version; files of before there was one have 0,
// and the tables of the first step, which therefore makes what is not there.
func Upgrade(ctx context.Context, db beginner, path string, steps ...string) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreDone(tx.Rollback())) }()
	var has int
	if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&has); err != nil {
		return err
	}
	if err := stateversion.Check(path, has, len(steps)); err != nil {
		return err
	}
	if has == len(steps) {
		return nil
	}
	for i, step := range steps[has:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("upgrading to version %d: %w", has+i+1, err)
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(steps))); err != nil {
		return err
	}
	return tx.Commit()
}

// ignoreDone drops the error of rolling back what was committed.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
