package driver

import (
	"errors"
	"net"
	"sync"
)

// carryOut does what a command says. What the library says against it is its answer.
func (c *connection) carryOut(act any) error {
	if c.conn == nil {
		return errors.New("the connection was refused")
	}
	switch act := act.(type) {
	case send:
		return c.conn.Send(c.alive, act.payload())
	case sendMany:
		return c.sendMany(act)
	case ping:
		if pinger, ok := c.conn.(Pinger); ok {
			return pinger.Ping(act.payload)
		}
		return errors.New("the library chooses itself what its pings carry")
	case pong:
		if pinger, ok := c.conn.(Pinger); ok {
			return pinger.Pong(act.payload)
		}
		return errors.New("the library sends no pong that nobody asked for")
	case closing:
		return c.close(act)
	case drop:
		return c.drop()
	case react:
		return c.react(act)
	}
	// Where the connection is open, reading was seen to when it was told.
	return net.ErrClosed
}

// sendMany lets tasks send at once; task i has the messages i, i + senders, i + 2 × senders …
func (c *connection) sendMany(act sendMany) error {
	if !c.library.has("many-senders") {
		return errors.New("the library has one sender at a time")
	}
	var tasks sync.WaitGroup
	failures := make([]error, min(act.senders, len(act.messages)))
	for task := range failures {
		tasks.Go(func() {
			for i := task; i < len(act.messages) && failures[task] == nil; i += act.senders {
				failures[task] = c.conn.Send(c.alive, act.messages[i]())
			}
		})
	}
	tasks.Wait()
	return errors.Join(failures...)
}

// close is done when a closing handshake has begun, from whichever side.
func (c *connection) close(act closing) error {
	c.mutex.Lock()
	c.cutWithin(act.within)
	hasBegun := c.closing
	c.mutex.Unlock()
	if hasBegun {
		return nil
	}
	if err := c.conn.Close(c.alive, act.frame); err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.closing = true
	return nil
}

func (c *connection) drop() error {
	c.mutex.Lock()
	isOpen := c.stage == isOpen
	c.mutex.Unlock()
	// Where a send before it was blocked, the drop has cut it already.
	if isOpen && c.alive.Err() != nil {
		return nil
	}
	return c.conn.Cut()
}

// react arms the connection: what it is told then is done from inside the handler of the next message.
func (c *connection) react(act react) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.stage == isOver {
		return net.ErrClosed
	}
	c.reaction = append(c.reaction, act.then...)
	return nil
}
